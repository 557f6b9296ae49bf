// The transactions of @platformatic/kafka: commit, abort, and offsets within.
import { Admin, Consumer, FetchIsolationLevels, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const client = { clientId: 'transactions', bootstrapBrokers: [process.argv[2]] }
const topic = 'records'
const admin = new Admin(client)
await admin.createTopics({ topics: [topic, 'results'], partitions: 1, replicas: 1 })
const producer = new Producer({ ...client, serializers: stringSerializers, idempotent: true, transactionalId: 'tx' })

for (const [value, commits] of [['kept', true], ['dropped', false], ['also kept', true]]) {
  const transaction = await producer.beginTransaction()
  await transaction.send({ messages: [{ topic, value: `${value} 1` }, { topic, value: `${value} 2` }] })
  await (commits ? transaction.commit() : transaction.abort())
}

const reader = (groupId, isolationLevel) => new Consumer({ ...client, groupId, isolationLevel, deserializers: stringDeserializers, maxWaitTime: 100 })
const read = async (consumer, last) => {
  const messages = []
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false })
  for await (const message of stream) if (messages.push(message) && message.value === last) break
  return messages
}
for (const [groupId, level] of [['committed', FetchIsolationLevels.READ_COMMITTED], ['all', FetchIsolationLevels.READ_UNCOMMITTED]]) {
  const consumer = reader(groupId, level)
  console.log(`${groupId}: ${(await read(consumer, 'also kept 2')).map(m => m.value)}`)
  await consumer.close(true)
}

const pipeline = reader('pipeline', FetchIsolationLevels.READ_COMMITTED)
const input = (await read(pipeline, 'kept 2')).at(-1)
const offset = async () => (await admin.listConsumerGroupOffsets({ groups: [{ groupId: 'pipeline', topics: [{ name: topic, partitionIndexes: [0] }] }] }))[0].topics[0].partitions[0].committedOffset
for (const commits of [false, true]) {
  const transaction = await producer.beginTransaction()
  await transaction.addConsumer(pipeline)
  await transaction.send({ messages: [{ topic: 'results', value: 'sum' }] })
  await transaction.addOffset(input)
  await (commits ? transaction.commit() : transaction.abort())
  console.log(`offset: ${await offset()}`)
}
await pipeline.close(true)
await producer.close()
await admin.close()
