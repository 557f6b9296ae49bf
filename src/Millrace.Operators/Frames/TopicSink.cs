using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Data;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>Writes rows as records, all in one transaction: what a sink was given is not to be seen before it is committed.</summary>
sealed class TopicSink(KafkaOptions kafka, string topic, string? key) : ISink
{
    // Brokers allow no longer ones unless they are set to.
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public string Kind => SourceKinds.Topic;

    public async Task<ISinkWriter> OpenAsync(Schema schema, RunContext context, CancellationToken cancel)
    {
        var keyColumn = key is null ? -1 : schema.IndexOf(key);
        var client = new KafkaClient(kafka);
        var producer = client.CreateProducer<string?, ReadOnlyMemory<byte>>(new ProducerOptions { TransactionalId = $"millrace/frame/{Guid.NewGuid():N}", TransactionTimeout = Longest });
        try
        {
            return new Writer(client, producer, await producer.BeginTransactionAsync(cancel).ConfigureAwait(false), topic, schema, keyColumn);
        }
        catch
        {
            await producer.DisposeAsync().ConfigureAwait(false);
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    sealed class Writer(KafkaClient client, Producer<string?, ReadOnlyMemory<byte>> producer, Transaction transaction, string topic, Schema schema, int key) : ISinkWriter
    {
        // As files of JSON have it: letters stay letters.
        static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

        readonly JsonEncodedText[] names = [.. schema.Select(f => JsonEncodedText.Encode(f.Name, options.Encoder))];
        readonly ArrayBufferWriter<byte> buffer = new();
        readonly Utf8JsonWriter json = new(Stream.Null, options);
        long rows, bytes;

        public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Count; row++)
                {
                    Fill(batch, row);
                    var text = key < 0 ? null : Convert.ToString(batch[key].ValueAt(row), CultureInfo.InvariantCulture);
                    await producer.EnqueueAsync(topic, text, buffer.WrittenMemory, cancel).ConfigureAwait(false);
                    rows++;
                    bytes += buffer.WrittenCount;
                }
            }
        }

        void Fill(Batch batch, int row)
        {
            buffer.ResetWrittenCount();
            json.Reset(buffer);
            json.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                json.WritePropertyName(names[i]);
                JsonValueText.Write(json, batch[i], row);
            }
            json.WriteEndObject();
            json.Flush();
        }

        public async Task<SinkReport> CommitAsync(CancellationToken cancel)
        {
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return new SinkReport(rows, bytes);
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await producer.DisposeAsync().ConfigureAwait(false);
            await client.DisposeAsync().ConfigureAwait(false);
            await json.DisposeAsync().ConfigureAwait(false);
        }
    }
}
