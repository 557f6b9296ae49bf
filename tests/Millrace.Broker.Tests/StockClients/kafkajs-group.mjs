// A kafkajs group: members come and go, partitions move, and a member that comes later goes on where the others ended.
import kafkajs from 'kafkajs'

const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING })
const [topic, groupId] = ['orders', 'shop']
const seen = []
const owned = new Map()
let wake = () => {}
const until = async fact => { while (!fact()) await new Promise(resolve => { wake = resolve }) }
const owns = (...counts) => () => [...owned.values()].map(p => p.length).join() === counts.join() && new Set([...owned.values()].flat()).size === 4

const member = async name => {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 100 })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => { owned.set(name, payload.memberAssignment[topic] ?? []); wake() })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { seen.push(message.value.toString()); wake() } })
  return { leave: async () => { await consumer.disconnect(); owned.delete(name) } }
}
const producer = kafka.producer()
const produce = (from, count) => producer.send({ topic, messages: Array.from({ length: count }, (_, i) => ({ value: `order ${from + i}`, partition: i % 4 })) })

const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
await producer.connect()

const first = await member('first')
await until(owns(4))
console.log('one member has all')
const second = await member('second')
await until(owns(2, 2))
await produce(0, 40)
await until(() => new Set(seen).size === 40)
console.log('two members share')
console.log((await admin.describeGroups([groupId])).groups.map(g => `${g.groupId} ${g.state} ${g.protocolType} ${g.members.length}`).join())
await second.leave()
await until(owns(4))
await produce(40, 40)
await until(() => new Set(seen).size === 80)
console.log('the first took over')
await first.leave()
const offsets = (await admin.fetchOffsets({ groupId, topics: [topic] }))[0].partitions.map(p => p.offset)
console.log(`committed ${offsets.join()}`)
seen.length = 0
await produce(80, 4)
const third = await member('third')
await until(() => seen.length === 4)
console.log(`the third read ${seen.sort().join()}`)
await third.leave()
await producer.disconnect()
await admin.disconnect()
