// A group of @platformatic/kafka, by the classic protocol or by the one in which the broker assigns (KIP-848): members come and go,
// partitions move, and a member that comes later goes on where the others ended.
import { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const [servers, groupProtocol] = process.argv.slice(2)
const client = { clientId: 'group', bootstrapBrokers: [servers] }
const [topic, groupId] = ['orders', 'shop']
const seen = []
const members = new Map()
let wake = () => {}
const until = async fact => { while (!fact()) await new Promise(resolve => { wake = resolve }) }
const parts = consumer => (consumer.assignments ?? []).flatMap(a => a.partitions)
const owns = (...counts) => () => {
  const all = [...members.values()].map(parts)
  return all.map(p => p.length).join() === counts.join() && new Set(all.flat()).size === 4
}

const member = async name => {
  const consumer = new Consumer({ ...client, groupId, groupProtocol, deserializers: stringDeserializers, maxWaitTime: 100, ...(groupProtocol === 'classic' ? { heartbeatInterval: 100 } : {}) })
  members.set(name, consumer)
  for (const event of ['consumer:group:join', 'consumer:group:rebalance', 'consumer:heartbeat:end']) consumer.on(event, () => wake())
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.COMMITTED, fallbackMode: MessagesStreamModes.EARLIEST, autocommit: false })
  const reading = (async () => {
    for await (const message of stream) {
      await message.commit()
      seen.push(message.value)
      wake()
    }
  })()
  return { leave: async () => { await stream.close(); await reading; await consumer.close(true); members.delete(name) } }
}
const producer = new Producer({ ...client, serializers: stringSerializers })
const produce = (from, count) => producer.send({ acks: -1, messages: Array.from({ length: count }, (_, i) => ({ topic, value: `order ${from + i}`, partition: i % 4 })) })

const admin = new Admin(client)
await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 })

const first = await member('first')
await until(owns(4))
console.log('one member has all')
const second = await member('second')
await until(owns(2, 2))
await produce(0, 40)
await until(() => new Set(seen).size === 40)
console.log('two members share')
console.log([...(await admin.listGroups({ types: ['classic', 'consumer'] })).values()].map(g => `${g.id} ${g.state.toLowerCase()} ${g.groupType}`).join())
await second.leave()
await until(owns(4))
await produce(40, 40)
await until(() => new Set(seen).size === 80)
console.log('the first took over')
await first.leave()
const offsets = (await admin.listConsumerGroupOffsets({ groups: [groupId] }))[0].topics[0].partitions.map(p => p.committedOffset)
console.log(`committed ${offsets.join()}`)
seen.length = 0
await produce(80, 4)
const third = await member('third')
await until(() => seen.length === 4)
console.log(`the third read ${seen.sort().join()}`)
await third.leave()
await producer.close()
await admin.close()
