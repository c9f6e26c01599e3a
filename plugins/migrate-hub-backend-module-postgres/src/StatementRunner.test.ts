import { mayBeSentTogether } from './StatementRunner';

describe('what may leave before the statements in front of it are answered', () => {
  it.each([
    "INSERT INTO items VALUES (1, 'one')",
    'UPDATE items SET id = id + 1',
    'DELETE FROM items',
    'CREATE TABLE more (id int)',
    'ALTER TABLE items ADD note text',
    'DROP TABLE items',
    'GRANT SELECT ON items TO PUBLIC',
  ])('%s', sql => {
    expect(mayBeSentTogether(sql)).toBe(true);
  });

  it.each([
    ['ends the transaction', 'COMMIT'],
    ['ends a part of it', 'ROLLBACK TO here'],
    ['may do anything', "DO 'BEGIN NULL; END'"],
    ['may do anything', 'CALL refresh_all()'],
    ['may call anything', 'SELECT set_up()'],
    ['changes a setting', 'SET search_path = other'],
    ['waits for its client', 'COPY items FROM STDIN'],
    ['cannot be in a transaction', 'CREATE INDEX CONCURRENTLY a ON items (id)'],
    ['is read by a setting', "DELETE FROM items WHERE note = '\\'"],
    ['is read by a setting', "INSERT INTO items VALUES (2, 'Zürich')"],
    ['is read by a setting', "INSERT INTO items VALUES (2, '\u{1f600}')"],
  ])('not what %s: %s', (_, sql) => {
    expect(mayBeSentTogether(sql)).toBe(false);
  });
});
