using System.Linq.Expressions;
using System.Reflection;

namespace Millrace.Plans;

/// <summary>
/// Turns C# lambdas into expressions of a plan: the same that names of columns build. What a plan can't say becomes a
/// <see cref="CallbackExpr"/> over the columns that the smallest such part of the lambda uses.
/// </summary>
sealed partial class LambdaTranslator
{
    readonly Schema schema;
    readonly Dictionary<ParameterExpression, LambdaScope> scopes;

    /// <param name="schema">The columns that the expressions will stand over.</param>
    internal LambdaTranslator(Schema schema, params IEnumerable<(ParameterExpression Parameter, LambdaScope Scope)> scopes)
    {
        this.schema = schema;
        this.scopes = scopes.ToDictionary(s => s.Parameter, s => s.Scope);
    }

    internal static Expr Value(LambdaExpression lambda, Schema schema) => Over(lambda, schema).Value(lambda.Body);

    internal static Sequence<NamedExpr> Row(LambdaExpression lambda, Schema schema) => Over(lambda, schema).Row(lambda.Body);

    static LambdaTranslator Over(LambdaExpression lambda, Schema schema) =>
        new(schema, (lambda.Parameters[0], RowScope.Of(lambda.Parameters[0].Type, schema)));

    /// <exception cref="PlanException">The lambda is neither an expression of a plan nor one that can be called back.</exception>
    internal Expr Value(Expression body) => Visit(body)
        ?? throw new PlanException($"'{LambdaText.Of(body)}' can't be part of a plan: it is a {TypeName.Of(body.Type)}, and no column type stands for that.");

    /// <summary>The columns of a row that a lambda makes: by an anonymous type, a record, an initializer, or as a single value.</summary>
    internal Sequence<NamedExpr> Row(Expression body)
    {
        if (body is ParameterExpression whole && scopes[whole] is RowScope row && row.Single is null)
            return [.. RowShape.Of(row.Type).Members.Select(m => (m, Column: row.Column(m.Property))).Where(m => m.Column is not null).Select(m => new NamedExpr(NameOf(m.Column!) ?? m.m.Field.Name, m.Column!))];
        if (Members(body) is { } members) return [.. members.Select(m => new NamedExpr(m.Name, Value(m.Value)))];
        if (!RowShape.IsSingle(body.Type))
            throw new PlanException($"'{LambdaText.Of(body)}' makes a {TypeName.Of(body.Type)} in a way that hides its columns. Make it here: new {{ ... }}, or new {TypeName.Of(body.Type)}(...) with a constructor whose parameters are named like the properties.");
        var value = Value(body);
        return [new NamedExpr(NameOf(value) ?? RowShape.SingleColumn, value)];
    }

    static string? NameOf(Expr value) => (value as ColumnExpr)?.Name;

    /// <summary>The members that a `new` fills, as columns; null where the expression isn't one that says.</summary>
    internal static IReadOnlyList<(string Name, Expression Value)>? Members(Expression body)
    {
        if (body is MemberInitExpression init && Members(init.NewExpression) is { } made && init.Bindings.All(b => b is MemberAssignment { Member: PropertyInfo }))
            return [.. made, .. init.Bindings.Cast<MemberAssignment>().Select(b => (RecordSchema.ColumnOf((PropertyInfo)b.Member), b.Expression))];
        if (body is not NewExpression create || RowShape.IsSingle(body.Type)) return null;
        if (create.Constructor is null || create.Arguments.Count == 0) return [];
        var properties = RecordSchema.Properties(body.Type);
        var named = create.Constructor.GetParameters().Zip(create.Arguments, (p, value) =>
            (Property: properties.FirstOrDefault(q => string.Equals(q.Name, p.Name, StringComparison.OrdinalIgnoreCase)), Value: value)).ToList();
        return named.All(n => n.Property is not null) ? [.. named.Select(n => (RecordSchema.ColumnOf(n.Property!), n.Value))] : null;
    }

    Expr? Visit(Expression node)
    {
        if (!ParameterSearch.In(node)) return Constant(node);
        return Translate(node) ?? Callback(node);
    }

    Expr? Translate(Expression node) => node switch
    {
        ParameterExpression parameter => Whole(parameter),
        MemberExpression member => Member(member),
        BinaryExpression binary => Binary(binary),
        UnaryExpression unary => Unary(unary),
        ConditionalExpression choice => Choose(choice),
        MethodCallExpression call => Method(call),
        NewExpression or MemberInitExpression when Members(node) is { } members => Struct(members),
        _ => null,
    };

    static LiteralExpr? Constant(Expression node)
    {
        var value = LambdaConstant.Of(node);
        if (value is DayOfWeek day) return LiteralExpr.Of((int)day);
        return value is null || RecordSchema.TypeOf(value.GetType()) is { IsNested: false } ? LiteralExpr.Of(value) : null;
    }

    Expr? Whole(ParameterExpression parameter) => scopes.GetValueOrDefault(parameter) switch
    {
        RowScope { Single: { } single } => single,
        RowScope { Whole: { } whole } => whole,
        RowScope row => new StructExpr([.. RowShape.Of(row.Type).Members.Where(m => row.Column(m.Property) is not null).Select(m => new NamedExpr(m.Field.Name, row.Column(m.Property)!))]),
        _ => null,
    };

    StructExpr? Struct(IReadOnlyList<(string Name, Expression Value)> members)
    {
        var fields = members.Select(m => (m.Name, Value: Visit(m.Value))).ToList();
        return fields.Any(f => f.Value is null) ? null : new StructExpr([.. fields.Select(f => new NamedExpr(f.Name, f.Value!))]);
    }

    Expr? Member(MemberExpression node)
    {
        if (Column(node) is { } column) return column;
        if (node.Expression is null || node.Member is not PropertyInfo property) return null;
        if (property.Name == "Key" && node.Expression is ParameterExpression grouped && scopes.GetValueOrDefault(grouped) is GroupScope { Key: var parts })
            return new StructExpr([.. parts.Select(p => new NamedExpr(p.Key, p.Value))]);
        if (Nullable.GetUnderlyingType(node.Expression.Type) is not null)
        {
            var inner = Visit(node.Expression);
            return inner is null || property.Name == "Value" ? inner : Call(Functions.Not, Call(Functions.IsNull, inner));
        }
        return LambdaMembers.Find(property) is { } meaning && Visit(node.Expression) is { } value ? meaning(value) : null;
    }

    /// <summary>A column, a part of the key, or a field inside of one; nothing else.</summary>
    Expr? Column(Expression node)
    {
        if (node is ParameterExpression parameter) return (scopes.GetValueOrDefault(parameter) as RowScope)?.Single;
        if (node is not MemberExpression { Member: PropertyInfo property, Expression: { } of }) return null;
        if (of is ParameterExpression from)
        {
            switch (scopes.GetValueOrDefault(from))
            {
                case RowScope row when row.Single is null: return row.Column(property);
                case GroupScope group when property.Name == "Key": return group.Key.GetValueOrDefault("");
            }
        }
        if (of is MemberExpression { Member.Name: "Key", Expression: ParameterExpression grouped } && scopes.GetValueOrDefault(grouped) is GroupScope { Key: var key } && key.TryGetValue(property.Name, out var part))
            return part;
        // Inside a struct: only members that are fields of it.
        return Nullable.GetUnderlyingType(of.Type) is null && RecordSchema.TypeOf(of.Type) is StructType type && type.Fields.Contains(RecordSchema.ColumnOf(property)) && Column(of) is { } outer
            ? Call(Functions.FieldOf, outer, LiteralExpr.Of(RecordSchema.ColumnOf(property)))
            : null;
    }

    CaseExpr? Choose(ConditionalExpression node) =>
        Visit(node.Test) is { } test && Visit(node.IfTrue) is { } then && Visit(node.IfFalse) is { } otherwise
            ? new CaseExpr([new CaseBranch(test, then)], otherwise)
            : null;

    static CallExpr Call(Function function, params Sequence<Expr> arguments) => new(function, arguments);

    /// <summary>Whether the call has a type over the schema; a function that doesn't take such arguments is called back instead.</summary>
    Typed? TypeOf(Expr expr)
    {
        try
        {
            return expr.TypeIn(schema);
        }
        catch (PlanException)
        {
            return null;
        }
    }
}
