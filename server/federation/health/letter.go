package health

import (
	"fmt"
	"strings"
	"time"

	"portalverbund/api/types"
	"portalverbund/server/platform/mail"
	"portalverbund/server/platform/problem"
)

func kindWords(kind types.LinkAlertKind) problem.Text {
	switch kind {
	case types.PortalAway:
		return problem.Text{De: "ist nicht erreichbar", En: "is out of reach"}
	case types.MessagesWait:
		return problem.Text{De: "Nachrichten warten länger als eine Stunde", En: "messages have waited for more than an hour"}
	case types.MessagesStuck:
		return problem.Text{De: "Nachrichten wurden aufgegeben oder zurückgewiesen", En: "messages were given up or refused"}
	case types.CatalogOld:
		return problem.Text{De: "der Katalog wurde länger als eine Stunde nicht gelesen", En: "the catalog was not read for more than an hour"}
	case types.Untrusted:
		return problem.Text{De: "das Vertrauen fehlt", En: "is not trusted"}
	case types.TrustEnds:
		return problem.Text{De: "das Vertrauen endet in weniger als zwei Tagen", En: "trust ends in less than two days"}
	case types.CertificateEnds:
		return problem.Text{De: "das Zertifikat läuft in weniger als zwei Wochen ab", En: "the certificate runs out in less than two weeks"}
	case types.KeysOverdue:
		return problem.Text{De: "die Schlüssel hätten gewechselt werden müssen", En: "keys should have been changed"}
	}
	return problem.Text{De: string(kind), En: string(kind)}
}

// letter tells of what has begun and ended, in German and English.
func (s *Service) letter(told []notice) mail.Message {
	begun, ended := 0, 0
	for _, n := range told {
		if n.ended {
			ended++
		} else {
			begun++
		}
	}
	subject := []rune(fmt.Sprintf("%s: Störungen im Verbund (%d begonnen, %d beendet)", s.Self.Name, begun, ended))
	var text strings.Builder
	for i, language := range []string{"de", "en"} {
		if i > 0 {
			text.WriteString("\n\n")
		}
		s.write(&text, told, language)
	}
	return mail.Message{To: s.To, Subject: string(subject[:min(len(subject), 200)]), Text: text.String()}
}

// moment says when something was, as people here read it.
func moment(at time.Time, language string) string {
	if zone, err := time.LoadLocation("Europe/Berlin"); err == nil {
		at = at.In(zone)
	}
	if language == "en" {
		return at.Format("2 January 2006, 15:04 MST")
	}
	return at.Format("02.01.2006, 15:04 Uhr")
}

func (s *Service) write(text *strings.Builder, told []notice, language string) {
	in := func(de, en string) string { return problem.Text{De: de, En: en}.In(language) }
	for _, part := range []struct {
		title string
		ended bool
	}{
		{in("Begonnen", "Begun"), false}, {in("Beendet", "Ended"), true},
	} {
		shown := 0
		for _, n := range told {
			if n.ended != part.ended {
				continue
			}
			if shown == 0 {
				text.WriteString(part.title + ":\n")
			}
			if shown++; shown <= maxTold {
				_, _ = fmt.Fprintf(text, "- %s: %s (%s %s)\n", n.name, kindWords(n.kind).In(language), in("seit", "since"), moment(n.since, language))
			}
		}
		if shown > maxTold {
			_, _ = fmt.Fprintf(text, in("- und %d weitere\n", "- and %d more\n"), shown-maxTold)
		}
		if shown > 0 {
			text.WriteString("\n")
		}
	}
	text.WriteString(in("Einzelheiten: ", "Details: ") + s.Self.Url + "/verwaltung/verbund\n")
}
