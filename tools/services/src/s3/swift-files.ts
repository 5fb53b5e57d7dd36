import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '../tls-files.ts';

/** What OpenStack Swift reads: one device, one copy, no background daemons; S3 in front of it with one account. */
export interface SwiftPlace {
  readonly folder: string;
  readonly ports: Readonly<Record<SwiftServer | 'memcached', number>>;
  /** The proxy then speaks TLS only. */
  readonly tls: TlsFiles | undefined;
}

export const storageServers = ['account', 'container', 'object'] as const;

export type SwiftServer = (typeof storageServers)[number] | 'proxy';

export const region = 'us-east-1';
export const accessKeyId = 'test:tester';
export const secretAccessKey = 'testing';

/** Makes the rings: which server has what. Arguments: `name:port` of each storage server. Run where Swift's Python is. */
export const ringScript = `
import sys
from swift.common.ring import RingBuilder
for name, port in (argument.split(':') for argument in sys.argv[1:]):
    builder = RingBuilder(4, 1, 0)
    place = {'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1', 'replication_port': int(port)}
    builder.add_dev({'region': 1, 'zone': 1, 'device': 'd1', 'weight': 1.0, 'meta': '', **place})
    builder.rebalance()
    builder.get_ring().save(name + '.ring.gz')
`;

/** Fails where the file system has no extended attributes, in which Swift keeps what belongs to an object. */
export const attributesScript = `
import os, sys
with open(sys.argv[1], 'w') as probe:
    os.setxattr(probe.fileno(), 'user.swift.probe', b'1')
`;

export function configurationFile(server: SwiftServer): string {
  return `${server}-server.conf`;
}

export function writeSwiftFiles(place: SwiftPlace): void {
  mkdirSync(join(place.folder, 'devices', 'd1'), { recursive: true });
  const write = (file: string, text: string): void => {
    writeFileSync(join(place.folder, file), text);
  };
  write('swift.conf', clusterConfiguration);
  for (const server of storageServers) write(configurationFile(server), storageConfiguration(server, place));
  write(configurationFile('proxy'), proxyConfiguration(place));
}

const clusterConfiguration = `
[swift-hash]
swift_hash_path_prefix = prefix
swift_hash_path_suffix = suffix
[storage-policy:0]
name = only
default = yes
`;

function storageConfiguration(server: SwiftServer, place: SwiftPlace): string {
  return `${commonConfiguration(server, place)}
devices = ${place.folder}/devices
recon_cache_path = ${place.folder}
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
[pipeline:main]
pipeline = ${server}-server
[app:${server}-server]
use = egg:swift#${server}
`;
}

/**
 * Without error suppression: a server behind the proxy that is not up yet when the first request comes would be left alone for
 * a minute.
 */
function proxyConfiguration(place: SwiftPlace): string {
  const { tls } = place;
  const certificate =
    tls === undefined ? '' : `cert_file = ${tls.certificateFile}\nkey_file = ${tls.keyFile}\n`;
  const plainFilters = ['catch_errors', 'gatekeeper', 'listing_formats', 'copy', 'slo', 'dlo'];
  return `${commonConfiguration('proxy', place)}
${certificate}[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
error_suppression_interval = 0
error_suppression_limit = 1000000
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${place.ports.memcached}
[filter:s3api]
use = egg:swift#s3api
location = ${region}
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_${accessKeyId.replace(':', '_')} = ${secretAccessKey} .admin
${plainFilters.map((filter) => `[filter:${filter}]\nuse = egg:swift#${filter}\n`).join('')}`;
}

/** `workers = 0`: in the process itself, so that what is frozen or killed is all there is. */
function commonConfiguration(server: SwiftServer, place: SwiftPlace): string {
  return `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${place.ports[server]}
bind_timeout = 1
workers = 0
user = ${userInfo().username}
swift_dir = ${place.folder}
log_level = WARNING`;
}
