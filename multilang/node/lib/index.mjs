import millrace from './index.cjs';

export const { CheckpointError, CheckpointRefusedError, LeaseLostError, perShard } = millrace;
