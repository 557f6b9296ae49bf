// platformatic-records.mjs SERVERS write TOPIC COMPRESSION: each line of the input, timestamp|key|value|name=value,..., becomes a record.
// platformatic-records.mjs SERVERS read TOPIC COUNT: and back. "kinds" prints the compressions that this Node.js has.
import { readFileSync } from 'node:fs'
import { compressionsAlgorithms, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'

const [servers, command, topic, argument] = process.argv.slice(2)
const client = { clientId: 'records', bootstrapBrokers: [servers] }
const given = text => (text === 'NULL' ? undefined : Buffer.from(text))
const shown = bytes => (bytes === null || bytes === undefined ? 'NULL' : bytes.toString())

if (command === 'kinds') {
  console.log(Object.keys(compressionsAlgorithms).filter(kind => compressionsAlgorithms[kind].available).join(' '))
} else if (command === 'write') {
  const messages = readFileSync(0, 'utf8').trimEnd().split('\n').map(line => {
    const [timestamp, key, value, headers] = line.split('|')
    const pairs = headers.split(',').filter(h => h).map(h => h.split('=').map(part => Buffer.from(part)))
    return { topic, partition: 0, timestamp: BigInt(timestamp), key: given(key), value: given(value), headers: new Map(pairs) }
  })
  const producer = new Producer({ ...client, idempotent: true, autocreateTopics: true })
  await producer.send({ messages, compression: argument, acks: -1 })
  await producer.close()
} else {
  const lines = []
  const consumer = new Consumer({ ...client, groupId: `platformatic-${topic}-${process.pid}`, maxWaitTime: 100 })
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST })
  for await (const message of stream) {
    const headers = [...message.headers].map(([name, value]) => `${shown(name)}=${shown(value)}`).join(',')
    lines.push(`${message.timestamp}|${shown(message.key)}|${shown(message.value)}|${headers}`)
    if (lines.length === Number(argument)) break
  }
  await consumer.close(true)
  console.log(lines.join('\n'))
}
