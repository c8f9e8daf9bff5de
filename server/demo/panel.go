package demo

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"portalverbund/server/app"
)

// Environment writes a configuration as environment variables, by the names that the configuration itself declares. The
// portal ends when its standard input does.
func Environment(c app.Config) []string {
	env := []string{"PORTAL_WITH_PARENT=true"}
	value := reflect.ValueOf(c)
	for i := range value.NumField() {
		name := value.Type().Field(i).Tag.Get("env")
		if name == "PORTAL_WITH_PARENT" || name == "" {
			continue
		}
		switch v := value.Field(i).Interface().(type) {
		case string:
			env = append(env, name+"="+v)
		case time.Duration:
			env = append(env, name+"="+v.String())
		case []string:
			env = append(env, name+"="+strings.Join(v, ","))
		default:
			env = append(env, fmt.Sprintf("%s=%v", name, v))
		}
	}
	return env
}

// printPanel says where everything is, who can sign in, and what to try.
func (a *association) printPanel() {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("")
	line("  %s is running. This is a demonstration: offices, fees and persons are invented.", AssociationName)
	line("")
	for _, s := range a.sites {
		note := ""
		if s.Name == "landkreis" {
			note = "   (anchor and account home)"
		}
		line("  %-34s %s%s", s.Title, a.url(s), note)
	}
	line("  %-34s %s", "Entsorgung Emsland (Beispiel)", a.providerURL())
	line("  %-34s %s   (API key: %s; PVOG client: %s, %s)", "Behördenfinder (Beispiel)", a.finderURL(), finderKey, finderClient, finderSecret)
	line("  %-34s %s   (sign in with it at the account home)", "BundID (Beispiel)", a.bundIDURL())
	line("  %-34s %s", "Unternehmenskonto (Beispiel)", a.mukURL())
	line("  %-34s %s   (what goes wrong there is set on its page)", "Bezahldienst (Beispiel)", a.paymentURL())
	line("  %-34s %s   (business registrations at Lathen go there)", "FIT-Connect (Beispiel)", a.fitURL())
	line("  %-34s %s   (folder: %s)", "Sent mail", a.mailURL(), a.dir+"/mail")
	line("  %-34s %s/docs", "The API's contract", a.url(a.sites[0]))
	line("")
	line("  Accounts")
	for _, s := range a.sites {
		for _, account := range s.Accounts {
			who, where := "citizen", "at every portal"
			switch {
			case slices.Contains(account.Roles, "clerk"):
				who, where = "clerk", a.url(s)+"/mitarbeit"
			case slices.Contains(account.Roles, "treasurer"):
				who, where = "treasurer", a.url(s)+"/kasse"
			case slices.Contains(account.Roles, "editor"):
				who, where = "editor", a.url(s)+"/redaktion"
			case slices.Contains(account.Roles, "auditor"):
				who, where = "auditor", a.url(s)+"/verwaltung/protokoll"
			}
			line("  %-9s %-30s %-24s %s", who, account.Email, account.Password, where)
		}
	}
	line("  %-9s %-30s %-24s %s", "provider", "(password only)", staffPassword, a.providerURL())
	line("")
	line("  Try")
	line("  1. Open %s, type “sperrmüll” or “hund anmelden”, choose the place 49716.", a.url(a.sites[1]))
	line("  2. Start the application: register at the account home (the mail is at %s), come back signed in.", a.mailURL())
	line("  3. Fill in, attach a file, submit. Open %s: one click signs you in there, too.", a.url(a.sites[2]))
	line("  4. Decide as a clerk at the competent portal, and watch the application change.")
	line("  5. Sign in as an editor, correct a text, release it, and read it at another portal.")
	line("  6. Sign in with the BundID (choose a person and how well they prove themselves), or for an organisation.")
	line("  7. Type “stop landkreis”, apply for a service of the county at %s, type “start landkreis”.", a.url(a.sites[1]))
	line("")
	line("  Commands here: status · stop NAME · start NAME · kill NAME · quit     End: Ctrl-C")
	line("  Logs: %s/logs", a.dir)
	line("")
	_, _ = fmt.Fprint(a.Out, b.String()) // nobody reads it when this fails
}
