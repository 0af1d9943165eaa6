import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Logo } from '@/ui/Logo';
import { LanguageMenu } from '@/ui/LanguageMenu';

/** The frame of the pages before the console. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(`${title} · Warder`);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w={380} gap="md">
        <Group justify="space-between">
          <Group gap="xs">
            <Logo size={28} />
            <Text fw={700} size="xl">
              Warder
            </Text>
          </Group>
          <LanguageMenu />
        </Group>
        <Paper withBorder p="lg" shadow="sm">
          <Title order={1} size="h4" mb="md">
            {title}
          </Title>
          {children}
        </Paper>
      </Stack>
    </Center>
  );
}
