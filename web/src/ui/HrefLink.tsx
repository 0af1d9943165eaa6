import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';

interface HrefLinkProps {
  href: string;
  className?: string;
  children: ReactNode;
}

/** A link to an address that is made at run time, followed within the console. */
export function HrefLink({ href, className, children }: HrefLinkProps) {
  const router = useRouter();
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(href);
  };
  return (
    <a href={href} className={className} style={className ? undefined : { color: 'var(--mantine-color-anchor)' }} onClick={follow}>
      {children}
    </a>
  );
}
