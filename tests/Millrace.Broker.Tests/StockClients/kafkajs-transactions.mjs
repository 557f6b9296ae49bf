// kafkajs's transactions: commit, abort, and offsets within.
import kafkajs from 'kafkajs'

const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING })
const topic = 'records'
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
const producer = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
await producer.connect()

const write = async (value, commits) => {
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: `${value} 1` }, { value: `${value} 2` }] })
  await (commits ? transaction.commit() : transaction.abort())
}
await write('kept', true)
await write('dropped', false)
await write('also kept', true)

const read = async (groupId, readUncommitted, last) => {
  const values = []
  let done
  const all = new Promise(resolve => { done = resolve })
  const consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { if (values.push(message.value.toString()) && values.at(-1) === last) done() } })
  await all
  await consumer.disconnect()
  return values.join()
}
console.log(`committed: ${await read('committed', false, 'also kept 2')}`)
console.log(`all: ${await read('all', true, 'also kept 2')}`)

const offsetsOf = async () => (await admin.fetchOffsets({ groupId: 'pipeline', topics: [topic] }))[0].partitions[0].offset
for (const commits of [false, true]) {
  const transaction = await producer.transaction()
  await transaction.send({ topic: 'results', messages: [{ value: 'sum' }] })
  await transaction.sendOffsets({ consumerGroupId: 'pipeline', topics: [{ topic, partitions: [{ partition: 0, offset: '4' }] }] })
  await (commits ? transaction.commit() : transaction.abort())
  console.log(`offset: ${await offsetsOf()}`)
}

const second = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 })
await second.connect()
await (await second.transaction()).abort()
try {
  await write('zombie', true)
} catch (error) {
  console.log(`the first is fenced: ${error.type}`)
}
await second.disconnect()
await producer.disconnect()
await admin.disconnect()
