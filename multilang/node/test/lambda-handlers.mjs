// Handlers of AWS Lambda as an ECMAScript module; those with callbacks are in lambda-callbacks.cjs.
export const describe = async (event, context) => ({
  batchItemFailures: [],
  state: {
    records: event.Records.map((record) => record.kinesis),
    function: context.functionName,
    arn: context.invokedFunctionArn,
    version: context.functionVersion,
    memory: context.memoryLimitInMB,
    group: context.logGroupName,
    left: context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 7000,
    request: context.awsRequestId.length,
    environment: [process.env._HANDLER, process.env.AWS_EXECUTION_ENV.slice(0, 17)],
  },
  other: 1,
});

export const throws = async () => {
  throw new RangeError('a secret');
};

export const notJson = async () => ({ state: 1n });

export const tooLarge = async () => ({ other: 'x'.repeat(6 * 1024 * 1024) });

export const tooWide = async () => ({ state: '\u20ac'.repeat(2_000_000) });

export const inner = { handler: async () => ({ state: 'inner' }) };

export const notCallable = 7;
