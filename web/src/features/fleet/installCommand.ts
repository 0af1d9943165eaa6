/**
 * What to paste into a root shell of the new server. The token goes through a file that only root can read: on a command
 * line every process of the host could see it.
 */
export function installCommand(token: string): string {
  return [
    `(umask 077 && cat >/root/warder-token <<'END'`,
    token,
    'END',
    ')',
    'warder-agent enrol --token-file /root/warder-token && rm -f /root/warder-token',
    'systemctl enable --now warder-agent   # without systemd: warder-agent run',
  ].join('\n');
}
