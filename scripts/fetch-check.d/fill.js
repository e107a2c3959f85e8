// Fills the emulator through its API and prints what idmap fetch must find: {"users": [...], "organizations": [...],
// "memberships": [...]}, each an ID with what it was made with.
//
//   node fill.js URL KEY USERS ORGANIZATIONS
const [url, key, users, organizations] = process.argv.slice(2);

async function call(method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const made = { users: [], organizations: [], memberships: [] };
for (let i = 1; i <= Number(users); i++) {
  const old = `user_2YDryYFVMM1W1plDDKz7Gz${String(i).padStart(5, '0')}`;
  const user = await call('POST', '/user_management/users', {
    email: `person${i}@example.com`,
    external_id: old,
    metadata: { clerk_user_id: old, totp_secret: 'must not be kept' },
  });
  made.users.push({ id: user.id, external_id: old });
}
for (let i = 1; i <= Number(organizations); i++) {
  const organization = await call('POST', '/organizations', { name: `Organization ${i}`, external_id: `old_${i}` });
  made.organizations.push({ id: organization.id, external_id: `old_${i}` });
  for (const user of made.users.slice(i, i + 3)) {
    const membership = await call('POST', '/user_management/organization_memberships', {
      user_id: user.id,
      organization_id: organization.id,
    });
    made.memberships.push({ id: membership.id, user_id: user.id, organization_id: organization.id });
  }
}
console.log(JSON.stringify(made));
