// The plain hand-written baseline: express + socket.io + pg, one process, no queue, no cache.
// Same API as the product, so that the driver's "product" client runs on it.
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import express from 'express';
import { Server } from 'socket.io';
import pg from 'pg';
import jwt from 'jsonwebtoken';
import bcrypt from '@node-rs/bcrypt';

const SECRET = process.env.JWT_SECRET ?? 'perf-only';
const TTL = process.env.TOKEN_TTL ?? '15m';
pg.types.setTypeParser(20, Number); // bigint
const db = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.PG_POOL ?? 20) });

await db.query(`
CREATE TABLE IF NOT EXISTS users(user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text UNIQUE NOT NULL,
  password_hash text NOT NULL, username text, created_at timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS conversations(conversation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), type text NOT NULL,
  title text, dm_key text UNIQUE, created_by uuid NOT NULL, created_at timestamptz DEFAULT now(), last_seq bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS memberships(conversation_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY(conversation_id, user_id));
CREATE INDEX IF NOT EXISTS memberships_user ON memberships(user_id);
CREATE TABLE IF NOT EXISTS messages(conversation_id uuid NOT NULL, seq bigint NOT NULL, message_id uuid NOT NULL,
  client_msg_id text NOT NULL, sender_id uuid NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY(conversation_id, seq), UNIQUE(conversation_id, client_msg_id));`);

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ limit: '1mb' }));
const wrap = (f) => (req, res) => f(req, res).catch((e) => { console.error(e.message); res.status(500).json({ message: e.message }); });
const auth = (req, res, next) => {
  try { req.user = jwt.verify((req.headers.authorization ?? '').slice(7), SECRET).sub; next(); } catch { res.status(401).json({ message: 'unauthorized' }); }
};

app.post('/api/users/auth/register', wrap(async (req, res) => {
  const { email, password, username } = req.body;
  const hash = await bcrypt.hash(password, Number(process.env.BCRYPT_COST ?? 10));
  const r = await db.query('INSERT INTO users(email,password_hash,username) VALUES($1,$2,$3) ON CONFLICT DO NOTHING RETURNING user_id', [email, hash, username]);
  if (!r.rowCount) return res.status(409).json({ message: 'exists' });
  res.status(201).json({ user: { user_id: r.rows[0].user_id, email, username } });
}));
app.post('/api/users/auth/login', wrap(async (req, res) => {
  const { email, password } = req.body;
  const u = (await db.query('SELECT * FROM users WHERE email=$1', [email])).rows[0];
  if (!u || !(await bcrypt.compare(password, u.password_hash))) return res.status(401).json({ message: 'bad credentials' });
  res.json({ access_token: jwt.sign({ sub: u.user_id }, SECRET, { expiresIn: TTL }), user: { user_id: u.user_id, email: u.email, username: u.username } });
}));
const addMembers = (id, ids) => db.query('INSERT INTO memberships SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING', [id, ids]);
app.post('/api/chats/conversations/dm', auth, wrap(async (req, res) => {
  const pair = [req.user, req.body.other_user_id];
  const r = await db.query(`INSERT INTO conversations(type,dm_key,created_by) VALUES('DM',$1,$2)
    ON CONFLICT(dm_key) DO UPDATE SET dm_key=EXCLUDED.dm_key RETURNING conversation_id`, [pair.toSorted().join(':'), req.user]);
  await joined(r.rows[0].conversation_id, pair);
  res.json({ conversation_id: r.rows[0].conversation_id, type: 'DM' });
}));
app.post('/api/chats/conversations/group', auth, wrap(async (req, res) => {
  const r = await db.query(`INSERT INTO conversations(type,title,created_by) VALUES('GROUP',$1,$2) RETURNING conversation_id`, [req.body.title, req.user]);
  await joined(r.rows[0].conversation_id, [req.user, ...req.body.member_ids]);
  res.status(201).json({ conversation_id: r.rows[0].conversation_id, type: 'GROUP' });
}));
async function joined(id, ids) { // sockets already online join the conversation's room
  await addMembers(id, ids);
  for (const u of ids) io.in('user:' + u).socketsJoin('conv:' + id);
}

const member = async (id, user) => (await db.query('SELECT 1 FROM memberships WHERE conversation_id=$1 AND user_id=$2', [id, user])).rowCount > 0;
app.post('/api/messages/conversations/:id/messages', auth, wrap(async (req, res) => {
  const { id } = req.params, { client_msg_id, body } = req.body;
  if (typeof body !== 'string' || body.length > 100000) return res.status(400).json({ message: 'bad body' });
  if (!(await member(id, req.user))) return res.status(403).json({ message: 'not a member' });
  const message_id = randomUUID();
  let row;
  try { // one statement = one commit: number the message and store it
    row = (await db.query({ name: 'send', text: `WITH s AS (UPDATE conversations SET last_seq=last_seq+1 WHERE conversation_id=$1 RETURNING last_seq)
      INSERT INTO messages(conversation_id,seq,message_id,client_msg_id,sender_id,body) SELECT $1,last_seq,$2,$3,$4,$5 FROM s RETURNING seq,created_at`,
      values: [id, message_id, client_msg_id, req.user, body] })).rows[0];
  } catch (e) {
    if (e.code !== '23505') throw e; // the same client_msg_id again: answer with what is stored
    const old = (await db.query('SELECT seq,message_id,created_at FROM messages WHERE conversation_id=$1 AND client_msg_id=$2', [id, client_msg_id])).rows[0];
    return res.json(old);
  }
  io.to('conv:' + id).emit('message:new', { conversation_id: id, message_id, seq: row.seq, sender_id: req.user,
    created_at: row.created_at, preview: body.slice(0, 200), has_more: body.length > 200 });
  res.status(201).json({ message_id, seq: row.seq, created_at: row.created_at });
}));
app.get('/api/messages/conversations/:id/messages', auth, wrap(async (req, res) => {
  const { id } = req.params, after = Number(req.query.after_seq ?? 0), limit = Math.min(Number(req.query.limit ?? 50), 200);
  if (!(await member(id, req.user))) return res.status(403).json({ message: 'not a member' });
  const { rows } = await db.query({ name: 'page', text: `SELECT message_id,seq,sender_id,left(body,200) AS preview,length(body)>200 AS has_more,created_at
    FROM messages WHERE conversation_id=$1 AND seq>$2 ORDER BY seq LIMIT $3`, values: [id, after, limit + 1] });
  const more = rows.length > limit;
  if (more) rows.pop();
  res.json({ messages: rows, has_more: more, next_seq: rows.length ? rows.at(-1).seq : after });
}));

const server = http.createServer(app);
const io = new Server(server, { path: '/ws/socket.io', transports: ['websocket', 'polling'], pingInterval: 25000, pingTimeout: 20000 });
io.on('connection', (socket) => {
  socket.on('authenticate', async ({ token } = {}) => {
    try {
      const userId = jwt.verify(token, SECRET).sub;
      const { rows } = await db.query('SELECT conversation_id FROM memberships WHERE user_id=$1', [userId]);
      socket.join(['user:' + userId, ...rows.map((r) => 'conv:' + r.conversation_id)]);
      socket.emit('authenticated', { userId });
    } catch (e) { socket.emit('error', { message: e.message }); }
  });
  socket.on('ping', () => socket.emit('pong'));
});
server.listen(Number(process.env.PORT ?? 7001), '127.0.0.1', () => console.log('listening'));
