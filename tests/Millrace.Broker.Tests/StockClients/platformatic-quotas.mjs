// Quotas, set by the admin client of @platformatic/kafka and kept by its consumer.
import { Admin, ClientQuotaEntityTypes, ClientQuotaKeys, ClientQuotaMatchTypes, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const [servers] = process.argv.slice(2)
const admin = new Admin({ clientId: 'admin', bootstrapBrokers: [servers], retries: 0 })
const set = (name, key, value) => admin.alterClientQuotas({ entries: [{ entities: [{ entityType: ClientQuotaEntityTypes.CLIENT_ID, entityName: name }], ops: [{ key, value, remove: false }] }] })

await admin.createTopics({ topics: ['orders'], partitions: 1, replicas: 1 })
const producer = new Producer({ clientId: 'producer', bootstrapBrokers: [servers], serializers: stringSerializers })
for (let i = 0; i < 24; i++) await producer.send({ acks: -1, messages: [{ topic: 'orders', value: `${i} ${'x'.repeat(1000)}` }] })
await producer.close()

await set('reader', ClientQuotaKeys.CONSUMER_BYTE_RATE, 2000)
await set('reader', ClientQuotaKeys.REQUEST_PERCENTAGE, 50)
const described = await admin.describeClientQuotas({ components: [{ entityType: ClientQuotaEntityTypes.CLIENT_ID, matchType: ClientQuotaMatchTypes.ANY }] })
for (const { entity, values } of described) console.log(`${entity[0].entityName}: ${values.map(v => `${v.key}=${v.value}`)}`)

// More than ten seconds of the quota bring.
const consumer = new Consumer({ clientId: 'reader', bootstrapBrokers: [servers], groupId: 'readers', deserializers: stringDeserializers, maxWaitTime: 100 })
const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest', maxBytes: 4000, autocommit: false })
const read = []
for await (const message of stream) if (read.push(message.value.split(' ')[0]) === 24) break
console.log(`read: ${read}`)
await consumer.close(true)

await admin.createTopics({ topics: ['large'], partitions: 6, replicas: 1 })
try {
  await admin.createTopics({ topics: ['more'], partitions: 1, replicas: 1 })
} catch (error) {
  const reasons = e => [e.apiId, ...(e.errors ?? []).flatMap(reasons)].filter(Boolean)
  console.log(`refused: ${reasons(error)}`)
}
await admin.close()
