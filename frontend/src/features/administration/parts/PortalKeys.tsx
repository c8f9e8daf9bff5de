import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Facts } from "../../../ui/Facts";
import type { AssociationState } from "../api";
import { Fingerprint } from "./Fingerprint";
import { KeyChange } from "./KeyChange";

/** The portal's own keys: which are used, and until when the former ones are published. */
export function PortalKeys({ keys }: { keys: AssociationState["keys"] }) {
  const t = useWords();
  const language = currentLanguage();
  const [now] = useState(() => new Date().toISOString());
  return (
    <details>
      <summary>{t("administration:association.keys.title")}</summary>
      <p>{t("administration:association.keys.text")}</p>
      <Facts
        items={keys.map((key) => ({
          id: `${key.use} ${key.id}`,
          label: t(`administration:association.keys.use.${key.use}`),
          value: (
            <>
              {key.publishedUntil !== undefined && !key.active
                ? t("administration:association.keys.until", {
                    when: formatDay(key.publishedUntil, language),
                  })
                : t(
                    key.activeFrom > now
                      ? "administration:association.keys.from"
                      : "administration:association.keys.since",
                    { when: formatDay(key.activeFrom, language) },
                  )}
              <br />
              <span className="pv-small">
                <Fingerprint>{key.fingerprint}</Fingerprint>
              </span>
            </>
          ),
        }))}
      />
      <KeyChange />
    </details>
  );
}
