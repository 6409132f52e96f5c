// The AWS SDK in a web page: puts a record, reads it back, and tells the page what it read.
import {
    GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListStreamsCommand, PutRecordCommand,
} from '@aws-sdk/client-kinesis';

async function run() {
    const client = new KinesisClient({
        endpoint: window.endpoint,
        region: 'us-east-1',
        credentials: {accessKeyId: 'local', secretAccessKey: 'local'},
    });
    const {StreamNames} = await client.send(new ListStreamsCommand({}));
    const StreamName = StreamNames[0];
    const put = await client.send(
        new PutRecordCommand({StreamName, PartitionKey: 'k', Data: new TextEncoder().encode('hello')}));
    const {ShardIterator} = await client.send(
        new GetShardIteratorCommand({StreamName, ShardId: put.ShardId, ShardIteratorType: 'TRIM_HORIZON'}));
    const {Records} = await client.send(new GetRecordsCommand({ShardIterator}));
    window.done(StreamName + ': ' + new TextDecoder().decode(Records[0].Data));
}

run().catch(error => window.done(String(error)));
