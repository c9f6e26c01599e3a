// Big scripts of several kinds, made the same way every time.

/** `bytes` of INSERTs over `statements` statements. */
export function inserts({ bytes, statements, table }) {
  const width = Math.floor(bytes / statements);
  const lines = [];
  for (let n = 0; n < statements; n += 1) {
    const start = `insert into ${table} (id, note) values (${n}, 'it''s `;
    lines.push(
      `${start}${'x'.repeat(Math.max(0, width - start.length - 4))}');\n`,
    );
  }
  return lines.join('');
}

/** `bytes` of tables, comments and functions with bodies that hold semicolons. */
export function definitions({ bytes, kind }) {
  const one = kind === 'postgres' ? postgresDefinition : mysqlDefinition;
  const pieces = [];
  let size = 0;
  let statements = 0;
  for (let n = 0; size < bytes; n += 1) {
    const { sql, count } = one(n);
    pieces.push(sql);
    size += sql.length;
    statements += count;
  }
  return { sql: pieces.join(''), statements };
}

function postgresDefinition(n) {
  const sql = `-- Table ${n}; with a semicolon
create table "t;${n}" (id bigint primary key, note text default E'it\\'s; here');
/* outer; /* inner; */ still; */
create index i_${n} on "t;${n}" (note);
create function f_${n}() returns trigger language plpgsql as $body$
begin
  new.note := 'a;b';
  return new;
end;
$body$;
`;
  return { sql, count: 3 };
}

function mysqlDefinition(n) {
  const sql = `-- Table ${n}; with a semicolon
create table \`t;${n}\` (id bigint primary key, note varchar(99) default 'it\\'s; here');
# another; comment
create index i_${n} on \`t;${n}\` (note);
create trigger g_${n} before insert on \`t;${n}\` for each row begin
  set new.note = "a;b";
end;
`;
  return { sql, count: 3 };
}
