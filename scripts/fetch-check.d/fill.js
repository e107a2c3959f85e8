// Fills the emulator through its API, as an import of people who were in Clerk would, and writes what these were there:
// OUTPUT/made.json is what idmap fetch must find, OUTPUT/old what Clerk and the import's tool leave behind, OUTPUT/expected
// the map that idmap build must make of both.
//
//   node fill.js URL KEY USERS ORGANIZATIONS OUTPUT
//
// Of ten users six have an external ID, one has the old ID in metadata only, one is in the console's log only, two were there
// before and are joined by their address; each eleventh has no address and was skipped. Clerk's export is what
// its dashboard gives (13 columns), its organizations and memberships are pages of its API; the package's files are those of
// @workos/migrations 2.5 (docs/migration-package.md).
import { mkdirSync, writeFileSync } from 'node:fs';

const [url, key, users, organizations, output] = process.argv.slice(2);

async function call(method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const oldUser = (i) => `user_2YDryYFVMM1W1plDDKz7Gz${String(i).padStart(5, '0')}`;
const oldOrganization = (i) => `org_2YDryYFVMM1W1plDDKz7Gz${String(i).padStart(5, '0')}`;
const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csv = (...cells) => cells.map((text) => cell(text ?? '')).join(',');

const clerkHeader =
  'id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,' +
  'unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher';
const packageHeader =
  'email,password,password_hash,password_hash_type,first_name,last_name,email_verified,external_id,metadata,org_id,' +
  'org_external_id,org_name,role_slugs';

const made = { users: [], organizations: [], memberships: [] };
const clerk = [clerkHeader], packaged = [packageHeader], log = [], skipped = [];
const clerkOrganizations = [], clerkMemberships = [];
const pairs = { users: [], organizations: [], memberships: [] };

for (let i = 1; i <= Number(users); i++) {
  const old = oldUser(i);
  // Clerk keeps what was typed; the new side has it as the import wrote it.
  const address = `Person${i}@Example.com`, kind = i % 10;
  if (i % 11 === 0) {
    clerk.push(csv(old, '', '', `phone${i}`, '', '\t+12125550100', '', '', '\t+12125550100'));
    skipped.push(JSON.stringify({ timestamp: '2026-02-01T00:00:00Z', clerk_user_id: old, reason: 'no_email' }));
    continue;
  }
  const digest = '$2b$10$PLANTEDDIGEST';
  clerk.push(csv(old, 'Jane', 'Doe', '', address, '', address, '', '', '', 'PLANTEDTOTP', digest, 'bcrypt'));
  packaged.push(csv(address, '', digest, 'bcrypt', 'Jane', 'Doe', 'true', old,
    JSON.stringify({ clerk_user_id: old, totp_secret: 'PLANTEDTOTP', verified_email_addresses: address }), '', '', '', ''));
  const user = await call('POST', '/user_management/users', {
    email: address.toLowerCase(),
    email_verified: true,
    external_id: kind < 6 ? old : undefined,
    metadata: kind <= 6 ? { clerk_user_id: old, totp_secret: 'must not be kept' } : undefined,
  });
  if (kind === 7) log.push(`(${i}) Imported Clerk user ${old} as WorkOS user ${user.id}`);
  made.users.push({ id: user.id, external_id: kind < 6 ? old : null });
  pairs.users.push([old, user.id, kind < 6 ? 'external-id' : kind === 6 ? 'metadata' : kind === 7 ? 'log' : 'email']);
}
for (let i = 1; i <= Number(organizations); i++) {
  const old = oldOrganization(i);
  const organization = await call('POST', '/organizations', { name: `Organization ${i}`, external_id: old });
  made.organizations.push({ id: organization.id, external_id: old });
  pairs.organizations.push([old, organization.id, 'external-id']);
  clerkOrganizations.push({ object: 'organization', id: old, name: `Organization ${i}`, slug: `o${i}`, members_count: 3,
    public_metadata: {}, private_metadata: {}, created_at: 1654012591514, updated_at: 1654012591835 });
  for (const [index, pair] of pairs.users.slice(i, i + 3).entries()) {
    const membership = await call('POST', '/user_management/organization_memberships', {
      user_id: pair[1],
      organization_id: organization.id,
    });
    made.memberships.push({ id: membership.id, user_id: pair[1], organization_id: organization.id });
    const id = `orgmem_2YDryYFVMM1W1plDDKz7${String(i * 10 + index).padStart(5, '0')}`;
    pairs.memberships.push([id, membership.id, 'both-ends']);
    clerkMemberships.push({ object: 'organization_membership', id, role: index === 0 ? 'org:admin' : 'org:member',
      organization: { object: 'organization', id: old }, public_user_data: { user_id: pair[0], identifier: 'x@example.com' },
      created_at: 1654012591514, updated_at: 1654012591835 });
  }
}

const confidence = { 'external-id': 'high', metadata: 'high', log: 'medium', email: 'medium', 'both-ends': 'high' };
const write = (name, lines) => writeFileSync(`${output}/${name}`, lines.map((line) => `${line}\n`).join(''));
for (const folder of ['old', 'old/package', 'expected']) mkdirSync(`${output}/${folder}`, { recursive: true, mode: 0o700 });
writeFileSync(`${output}/made.json`, JSON.stringify(made));
write('old/clerk.csv', clerk);
write('old/organizations.json', [JSON.stringify({ data: clerkOrganizations, total_count: clerkOrganizations.length })]);
write('old/memberships.json', [JSON.stringify({ data: clerkMemberships, total_count: clerkMemberships.length })]);
write('old/import.log', log);
write('old/package/users.csv', packaged);
write('old/package/skipped_users.jsonl', skipped);
for (const [name, list] of Object.entries(pairs))
  write(`expected/${name}.csv`, ['old_id,new_id,method,confidence',
    ...list.map(([before, after, method]) => [before, after, method, confidence[method]].join(',')).sort()]);
