import type { ReactNode } from "react";
import { Footer } from "./Footer";
import { DemoBanner, Header, SkipLink } from "./Header";
import { OfflineBar } from "./OfflineBar";

/** What every page has around it: the head with links (list items), what stands below it, the page itself, and the foot. */
export function Frame({
  subtitle,
  links,
  below,
  children,
}: {
  subtitle: string;
  links: ReactNode;
  below?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <SkipLink />
      <DemoBanner />
      <Header subtitle={subtitle}>{links}</Header>
      {below}
      <OfflineBar />
      <main id="content" tabIndex={-1} className="pv-content">
        {children}
      </main>
      <Footer />
    </>
  );
}
