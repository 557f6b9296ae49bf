// kafkajs-records.mjs SERVERS write TOPIC COMPRESSION: each line of the input, timestamp|key|value|name=value,..., becomes a record.
// kafkajs-records.mjs SERVERS read TOPIC COUNT: and back.
import { readFileSync } from 'node:fs'
import kafkajs from 'kafkajs'

const [servers, command, topic, argument] = process.argv.slice(2)
const kafka = new kafkajs.Kafka({ brokers: [servers], logLevel: kafkajs.logLevel.ERROR })
const given = text => (text === 'NULL' ? null : text)
const shown = bytes => (bytes === null || bytes === undefined ? 'NULL' : bytes.toString())

if (command === 'write') {
  const messages = readFileSync(0, 'utf8').trimEnd().split('\n').map(line => {
    const [timestamp, key, value, headers] = line.split('|')
    return { timestamp, key: given(key), value: given(value), partition: 0, headers: Object.fromEntries(headers.split(',').filter(h => h).map(h => h.split('='))) }
  })
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  await producer.send({ topic, messages, compression: kafkajs.CompressionTypes[argument === 'gzip' ? 'GZIP' : 'None'] })
  await producer.disconnect()
} else {
  const lines = []
  let done
  const all = new Promise(resolve => { done = resolve })
  const consumer = kafka.consumer({ groupId: `kafkajs-${topic}-${process.pid}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      const headers = Object.entries(message.headers).map(([name, value]) => `${name}=${shown(value)}`).join(',')
      lines.push(`${message.timestamp}|${shown(message.key)}|${shown(message.value)}|${headers}`)
      if (lines.length === Number(argument)) done()
    }
  })
  await all
  await consumer.disconnect()
  console.log(lines.join('\n'))
}
