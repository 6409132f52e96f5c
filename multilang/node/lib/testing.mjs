import testing from './testing.cjs';

export const { TestShard } = testing;
