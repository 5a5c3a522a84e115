// A small page to try the server with: two people register and chat. The web app takes its place.
const $ = (id) => document.getElementById(id);
const state = { token: '', me: null, conversations: [], current: null, visit: 0, last: new Map(), names: new Map() };

async function api(method, path, body) {
  const headers = state.token ? { Authorization: `Bearer ${state.token}` } : {};
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(`/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 401 && state.token && await refresh()) return api(method, path, body);
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(data.detail);
  return data;
}

// The refresh token lives in a cookie that no script can read. False: nobody is signed in. It throws when nobody can say.
async function refresh() {
  const answer = await fetch('/api/users/auth/refresh', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
  if (!answer.ok && answer.status !== 401) throw new Error('The server cannot be reached.');
  state.token = '';
  if (answer.ok) signedIn(await answer.json());
  return answer.ok;
}

function signedIn({ access_token, user }) {
  state.token = access_token;
  state.me = user;
  $('me').textContent = user.username;
  $('sign-in').hidden = true;
  $('chat').hidden = false;
}

// Engine.IO and Socket.IO, as much of them as a text-only client needs.
function connect() {
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws/socket.io/?EIO=4&transport=websocket`);
  socket.onmessage = ({ data }) => {
    if (data[0] === '0') socket.send(`40${JSON.stringify({ token: state.token })}`);
    else if (data === '2') socket.send('3');
    else if (data.startsWith('42')) on(...JSON.parse(data.slice(2)));
  };
  socket.onclose = () => {
    $('link').textContent = 'offline, trying again';
    comeBack();
  };
}

function comeBack() {
  setTimeout(() => refresh().then((ok) => (ok ? connect() : location.reload()), comeBack), 1000 + Math.random() * 2000);
}

function on(event, payload) {
  if (event === 'authenticated') $('link').textContent = 'live';
  if (event === 'error') problem(new Error(payload.message));
  if (event !== 'read:updated') catchUp().catch(problem);
}

// One at a time; what happens meanwhile asks for another round.
let running = false, again = false;
async function catchUp() {
  again = true;
  if (running) return;
  running = true;
  try {
    while (again) {
      again = false;
      state.conversations = await api('GET', '/chats/conversations');
      drawList();
      if (state.current) await fetchNew(state.current, state.visit);
    }
  } finally {
    running = false;
  }
}

async function fetchNew(id, visit) {
  for (let more = true; more && visit === state.visit;) {
    const place = state.last.has(id) ? `after_seq=${state.last.get(id)}` : 'latest=true';
    const page = await api('GET', `/messages/conversations/${id}/messages?${place}&limit=200`);
    if (visit !== state.visit) return; // another conversation was opened, or this one anew
    page.messages.forEach(draw);
    state.last.set(id, Math.max(state.last.get(id) ?? 0, page.next_seq - 1));
    more = place !== 'latest=true' && page.has_more;
    const top = page.messages.at(-1);
    if (top) await api('POST', `/messages/conversations/${id}/read`, { last_read_seq: top.seq });
  }
}

function drawList() {
  $('list').replaceChildren(...state.conversations.map((c) => {
    const row = document.createElement('li'), button = document.createElement('button');
    button.textContent = (c.peer?.username ?? c.title) + (c.unread_count ? ` (${c.unread_count})` : '');
    button.setAttribute('aria-current', c.conversation_id === state.current);
    button.onclick = () => open(c.conversation_id).catch(problem);
    row.append(button);
    return row;
  }));
}

function draw(m) {
  const item = document.createElement('li'), name = document.createElement('strong'), text = document.createElement('span');
  name.textContent = `${m.sender_id === state.me.user_id ? 'You' : state.names.get(m.sender_id) ?? 'Somebody'}: `;
  text.textContent = m.preview;
  item.append(name, text);
  if (m.has_more) {
    const more = document.createElement('button');
    more.textContent = 'Read more';
    more.onclick = async () => {
      const full = await api('GET', `/messages/conversations/${m.conversation_id}/messages/${m.message_id}?fields=full`);
      text.textContent = full.body;
      more.remove();
    };
    item.append(' ', more);
  }
  $('timeline').append(item);
  item.scrollIntoView();
}

async function open(id) {
  state.current = id;
  state.visit++;
  state.last.delete(id);
  $('timeline').replaceChildren();
  for (const m of await api('GET', `/chats/conversations/${id}/members`)) state.names.set(m.user_id, m.username);
  await catchUp();
}

function problem(error) { $('problem').textContent = error.message; }

function submit(form, work) {
  $(form).onsubmit = (e) => {
    e.preventDefault();
    $('problem').textContent = '';
    work(Object.fromEntries(new FormData(e.target)), e).catch(problem);
  };
}

submit('sign-in', async (fields, { submitter }) => {
  signedIn(await api('POST', `/users/auth/${submitter.name}`, fields));
  connect();
});
submit('start', async ({ q }) => {
  const [found] = await api('GET', `/users/search?q=${encodeURIComponent(q)}`);
  if (!found) throw new Error('Nobody of that name.');
  await open((await api('POST', '/chats/conversations/dm', { other_user_id: found.user_id })).conversation_id);
});
submit('send', async ({ body }, { target }) => {
  // The same id for the same text in the same conversation: sending again after an error makes no second message.
  if (state.draft?.body !== body || state.draft.conversation !== state.current) {
    state.draft = { body, conversation: state.current, id: crypto.randomUUID?.() ?? String(Math.random()).slice(2) };
  }
  await api('POST', `/messages/conversations/${state.draft.conversation}/messages`, { client_msg_id: state.draft.id, body });
  state.draft = null;
  target.reset();
  await catchUp();
});
$('leave').onclick = async () => {
  await fetch('/api/users/auth/logout', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
  location.reload();
};

try {
  if (await refresh()) connect();
} catch (error) {
  problem(error);
}
