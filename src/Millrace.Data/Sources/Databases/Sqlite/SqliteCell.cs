using System.Globalization;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>Takes one column's value out of the row at which a statement stands.</summary>
abstract class SqliteCell(Field field, sqlite3_stmt row, int column, string place, ColumnBuilder builder)
{
    protected sqlite3_stmt Row => row;
    protected int Column => column;

    internal static SqliteCell For(Field field, sqlite3_stmt row, int column, string place)
    {
        var builder = ColumnBuilder.For(field.Type);
        return field.Type.Kind switch
        {
            TypeKind.Int64 or TypeKind.Duration => new Whole((ColumnBuilder<long>)builder, field, row, column, place),
            TypeKind.Float64 => new Float((ColumnBuilder<double>)builder, field, row, column, place),
            TypeKind.Text or TypeKind.Enum or TypeKind.Binary => new Bytes((BytesBuilder)builder, field, row, column, place),
            _ => new Any(builder, field, row, column, place),
        };
    }

    internal void Add()
    {
        var type = raw.sqlite3_column_type(row, column);
        if (type == raw.SQLITE_NULL) builder.AddNull();
        else Take(type);
    }

    internal Column Build() => builder.Build();

    private protected abstract void Take(int type);

    private protected DatabaseException Unfit() => new(
        $"Column '{field.Name}' of {place} holds '{raw.sqlite3_column_text(row, column).utf8_to_string()}', which isn't a value of {field.Type}. SQLite lets any value into any column: read it by a query that casts it or leaves such rows out.");

    sealed class Whole(ColumnBuilder<long> builder, Field field, sqlite3_stmt row, int column, string place) : SqliteCell(field, row, column, place, builder)
    {
        private protected override void Take(int type) => builder.Add(type == raw.SQLITE_INTEGER ? raw.sqlite3_column_int64(Row, Column) : throw Unfit());
    }

    sealed class Float(ColumnBuilder<double> builder, Field field, sqlite3_stmt row, int column, string place) : SqliteCell(field, row, column, place, builder)
    {
        private protected override void Take(int type) => builder.Add(type is raw.SQLITE_FLOAT or raw.SQLITE_INTEGER ? raw.sqlite3_column_double(Row, Column) : throw Unfit());
    }

    sealed class Bytes(BytesBuilder builder, Field field, sqlite3_stmt row, int column, string place) : SqliteCell(field, row, column, place, builder)
    {
        private protected override void Take(int type) => builder.Add(raw.sqlite3_column_blob(Row, Column));
    }

    // Types that SQLite has no storage for: small numbers to check, text to read.
    sealed class Any(ColumnBuilder builder, Field field, sqlite3_stmt row, int column, string place) : SqliteCell(field, row, column, place, builder)
    {
        readonly ColumnBuilder values = builder;
        readonly DataType type = field.Type;

        private protected override void Take(int stored)
        {
            object value = stored switch
            {
                raw.SQLITE_INTEGER when type.Kind == TypeKind.Boolean => raw.sqlite3_column_int64(Row, Column) != 0,
                raw.SQLITE_INTEGER => raw.sqlite3_column_int64(Row, Column),
                raw.SQLITE_FLOAT when type.Kind == TypeKind.Float32 => (float)raw.sqlite3_column_double(Row, Column),
                raw.SQLITE_FLOAT when type is DecimalType => Decimal(raw.sqlite3_column_double(Row, Column)),
                _ => raw.sqlite3_column_text(Row, Column).utf8_to_string(),
            };
            values.AddValue(type is DecimalType exact && value is string digits && ExactDecimal.TryRead(digits, exact, out var unscaled) ? unscaled : ValueFit.Try(value, type) ?? throw Unfit());
        }

        // A binary fraction near a decimal one: what was meant is the shortest decimal that is that fraction, and no digit of it is let go.
        static string Decimal(double value) => decimal.TryParse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? exact.ToString(CultureInfo.InvariantCulture)
            : value.ToString("F0", CultureInfo.InvariantCulture);
    }
}
