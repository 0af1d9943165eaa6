// Every message of a topic, from its beginning to its end now, as a line of JSON each.
//   read.mjs HOST:PORT TOPIC
import kafkajs from 'kafkajs';

const [, , broker, topic] = process.argv;
const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR });
const text = (bytes) => bytes?.toString();

const admin = kafka.admin();
await admin.connect();
const ends = await admin.fetchTopicOffsets(topic);
await admin.disconnect();
const open = new Map(ends.map(({ partition, high }) => [partition, Number(high)]).filter(([, high]) => high > 0));

const consumer = kafka.consumer({ groupId: `read-${process.pid}-${Date.now()}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await new Promise((resolve, reject) => {
  if (open.size === 0) resolve();
  consumer
    .run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, text(value)]));
        console.log(JSON.stringify({ partition, key: text(message.key), headers, value: text(message.value) }));
        if (Number(message.offset) + 1 >= (open.get(partition) ?? Infinity)) open.delete(partition);
        if (open.size === 0) resolve();
      },
    })
    .catch(reject);
});
await consumer.disconnect();
