import type { ReactNode } from 'react';
import { useFollow } from '@/ui/useFollow';

interface HrefLinkProps {
  href: string;
  className?: string;
  children: ReactNode;
}

/** A link to an address that is made at run time, followed within the console. */
export function HrefLink({ href, className, children }: HrefLinkProps) {
  const follow = useFollow();
  return (
    <a href={href} className={className} style={className ? undefined : { color: 'var(--mantine-color-anchor)' }} onClick={(event) => follow(event, href)}>
      {children}
    </a>
  );
}
