// kafkajs's admin client.
import kafkajs from 'kafkajs'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs
const [servers, username, password] = process.argv.slice(2)
const kafka = new kafkajs.Kafka({ brokers: [servers], logLevel: kafkajs.logLevel.NOTHING, sasl: { mechanism: 'scram-sha-256', username, password } })
const topic = 'orders'
const admin = kafka.admin()
await admin.connect()
const topicConfig = { type: ConfigResourceTypes.TOPIC, name: topic }

await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '1000000' }] }] })
await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] })
console.log(`topics: ${await admin.listTopics()}`)
console.log(`partitions: ${(await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.map(p => `${p.partitionId} led by ${p.leader}`)}`)
console.log(`cluster: ${(await admin.describeCluster()).brokers.length} broker`)

const retention = async () => (await admin.describeConfigs({ resources: [{ ...topicConfig, configNames: ['retention.ms'] }], includeSynonyms: false })).resources[0].configEntries.map(c => c.configValue)
console.log(`retention: ${await retention()}`)
await admin.alterConfigs({ validateOnly: false, resources: [{ ...topicConfig, configEntries: [{ name: 'retention.ms', value: '2000000' }] }] })
console.log(`retention: ${await retention()}`)

const producer = kafka.producer()
await producer.connect()
await producer.send({ topic, messages: [1000, 2000, 3000].map(t => ({ value: `at ${t}`, timestamp: `${t}`, partition: 0 })) })
const offsets = async () => (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition).map(o => `${o.partition}: ${o.low}-${o.high}`)
console.log(`offsets: ${await offsets()}`)
console.log(`offset at 2000: ${(await admin.fetchTopicOffsetsByTimestamp(topic, 2000)).find(o => o.partition === 0).offset}`)
await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
console.log(`offsets: ${await offsets()}`)

const committed = async () => (await admin.fetchOffsets({ groupId: 'shop', topics: [topic], resolveOffsets: true }))[0].partitions.sort((a, b) => a.partition - b.partition).map(p => p.offset)
await admin.setOffsets({ groupId: 'shop', topic, partitions: [{ partition: 0, offset: '3' }] })
console.log(`committed: ${await committed()}`)
await admin.resetOffsets({ groupId: 'shop', topic, earliest: true })
console.log(`committed: ${await committed()}`)
console.log(`groups: ${(await admin.listGroups()).groups.map(g => g.groupId)}`)
console.log(`group: ${(await admin.describeGroups(['shop'])).groups.map(g => g.state)}`)
await admin.deleteGroups(['shop'])
console.log(`groups: ${(await admin.listGroups()).groups.length}`)

const rule = { resourceType: AclResourceTypes.TOPIC, resourceName: 'or', resourcePatternType: ResourcePatternTypes.PREFIXED, principal: 'User:bob', host: '*', operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW }
const rules = async () => (await admin.describeAcls({ ...rule, principal: undefined, host: undefined })).resources.flatMap(r => r.acls.map(a => `${a.principal} on ${r.resourceName}`))
await admin.createAcls({ acl: [rule] })
console.log(`rules: ${await rules()}`)
await admin.deleteAcls({ filters: [rule] })
console.log(`rules: ${(await rules()).length}`)

await admin.deleteTopics({ topics: [topic] })
console.log(`topics: ${(await admin.listTopics()).length}`)
await producer.disconnect()
await admin.disconnect()
