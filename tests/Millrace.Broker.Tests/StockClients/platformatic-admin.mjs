// The admin client of @platformatic/kafka.
import { Admin, AclOperations, AclPermissionTypes, ConfigResourceTypes, IncrementalAlterConfigOperationTypes, ListOffsetTimestamps, Producer, ResourcePatternTypes, ResourceTypes, stringSerializers } from '@platformatic/kafka'

const [servers, username, password] = process.argv.slice(2)
const client = { clientId: 'admin', bootstrapBrokers: [servers], sasl: { mechanism: 'SCRAM-SHA-512', username, password } }
const name = 'orders'
const admin = new Admin(client)
const topicConfig = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name }

console.log(`created: ${(await admin.createTopics({ topics: [name], partitions: 1, replicas: 1, configs: [{ name: 'retention.ms', value: '1000000' }] })).map(t => `${t.name} ${t.partitions}`)}`)
await admin.createPartitions({ topics: [{ name, count: 2 }] })
console.log(`topics: ${await admin.listTopics()}`)
console.log(`partitions: ${(await admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name).partitions.length}`)

const retention = async () => (await admin.describeConfigs({ resources: [{ ...topicConfig, configurationKeys: ['retention.ms'] }] }))[0].configs.map(c => c.value)
console.log(`retention: ${await retention()}`)
await admin.incrementalAlterConfigs({ resources: [{ ...topicConfig, configs: [{ name: 'retention.ms', configOperation: IncrementalAlterConfigOperationTypes.SET, value: '2000000' }] }] })
console.log(`retention: ${await retention()}`)

const producer = new Producer({ ...client, serializers: stringSerializers })
await producer.send({ acks: -1, messages: [1000n, 2000n, 3000n].map(timestamp => ({ topic: name, value: `at ${timestamp}`, timestamp, partition: 0 })) })
const offset = async timestamp => (await admin.listOffsets({ topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }] }))[0].partitions[0].offset
console.log(`offsets: ${await offset(ListOffsetTimestamps.EARLIEST)}-${await offset(ListOffsetTimestamps.LATEST)}, at 2000: ${await offset(2000n)}`)
console.log(`low: ${(await admin.deleteRecords({ topics: [{ name, partitions: [{ partition: 0, offset: 2n }] }] }))[0].partitions[0].lowWatermark}`)

const committed = async () => (await admin.listConsumerGroupOffsets({ groups: ['shop'] }))[0].topics.flatMap(t => t.partitions.map(p => p.committedOffset))
await admin.alterConsumerGroupOffsets({ groupId: 'shop', topics: [{ name, partitionOffsets: [{ partition: 0, offset: 3n }] }] })
console.log(`committed: ${await committed()}`)
await admin.deleteConsumerGroupOffsets({ groupId: 'shop', topics: [{ name, partitionIndexes: [0] }] })
console.log(`committed: ${(await committed()).length}`)
await admin.alterConsumerGroupOffsets({ groupId: 'shop', topics: [{ name, partitionOffsets: [{ partition: 0, offset: 1n }] }] })
console.log(`group: ${[...(await admin.describeGroups({ groups: ['shop'] })).values()].map(g => g.state.toLowerCase())}`)
await admin.deleteGroups({ groups: ['shop'] })
console.log(`groups: ${(await admin.listGroups()).size}`)

const rule = { resourceType: ResourceTypes.TOPIC, resourceName: 'or', resourcePatternType: ResourcePatternTypes.PREFIXED, principal: 'User:bob', host: '*', operation: AclOperations.READ, permissionType: AclPermissionTypes.ALLOW }
const filter = { resourceType: rule.resourceType, resourceNameFilter: 'or', resourcePatternType: rule.resourcePatternType, patternTypeFilter: rule.resourcePatternType, principalFilter: null, hostFilter: null, operation: rule.operation, permissionType: rule.permissionType }
const rules = async () => (await admin.describeAcls({ filter })).flatMap(r => r.acls.map(a => `${a.principal} on ${r.resourceName}`))
await admin.createAcls({ creations: [rule] })
console.log(`rules: ${await rules()}`)
await admin.deleteAcls({ filters: [filter] })
console.log(`rules: ${(await rules()).length}`)
console.log(`disk: ${(await admin.describeLogDirs({ topics: [{ name, partitions: [0] }] })).flatMap(b => b.results.flatMap(r => r.topics.map(t => t.name)))}`)

await admin.deleteTopics({ topics: [name] })
console.log(`topics: ${(await admin.listTopics()).length}`)
await producer.close()
await admin.close()
