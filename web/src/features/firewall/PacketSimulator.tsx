import { Button, Group, Select, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Decision } from '@/features/firewall/Decision';
import { packetText, parsePacket } from '@/features/firewall/packet';
import { rulesQuery } from '@/features/firewall/rules';
import { Gate } from '@/ui/States';

interface PacketSimulatorProps {
  policy: string;
  packet: string | undefined;
  ask: (packet: string) => void;
}

/** Which rule decides this packet? The packet is in the address, so the question can be handed on. */
export function PacketSimulator({ policy, packet, ask }: PacketSimulatorProps) {
  const { t } = useTranslation();
  const [form, setForm] = useState(() => parsePacket(packet));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask(packetText(form));
  };
  const field = (name: 'source' | 'sourcePort' | 'destination' | 'destinationPort' | 'more', width: number) => (
    <TextInput size="xs" w={width} label={t(`firewall.packet.${name}`)} value={form[name]} onChange={(event) => setForm({ ...form, [name]: event.currentTarget.value })} />
  );
  return (
    <section aria-label={t('firewall.simulator')}>
      <Title order={2} size="h4" mt="lg" mb={4}>
        {t('firewall.simulator')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('firewall.simulatorHelp')}
      </Text>
      <form onSubmit={submit}>
        <Group gap="xs" align="end" mb="xs">
          <Select
            size="xs"
            w={120}
            allowDeselect={false}
            label={t('firewall.direction')}
            value={form.direction}
            onChange={(value) => setForm({ ...form, direction: value === 'out' ? 'out' : 'in' })}
            data={[{ value: 'in', label: t('firewall.in') }, { value: 'out', label: t('firewall.out') }]}
          />
          <Select size="xs" w={100} allowDeselect={false} label={t('firewall.packet.protocol')} value={form.protocol} onChange={(value) => setForm({ ...form, protocol: value ?? 'tcp' })} data={['tcp', 'udp', 'icmp', 'icmpv6', 'sctp']} />
          {field('source', 170)}
          {field('sourcePort', 90)}
          {field('destination', 170)}
          {field('destinationPort', 90)}
          {field('more', 170)}
          <Button size="xs" type="submit">
            {t('firewall.ask')}
          </Button>
        </Group>
      </form>
      {packet && <Answer policy={policy} packet={packet} />}
    </section>
  );
}

function Answer({ policy, packet }: { policy: string; packet: string }) {
  const query = useQuery(rulesQuery(policy, packet));
  return <Gate query={query}>{query.data?.decision && <Decision decision={query.data.decision} />}</Gate>;
}
