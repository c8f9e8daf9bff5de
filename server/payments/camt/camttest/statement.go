// Package camttest writes account statements as banks do, for tests.
package camttest

import (
	"fmt"
	"html"
	"strings"
)

// Versions of the format.
const (
	V02 = "02"
	V08 = "08"
)

// Entry is what stands in a statement. A debit has a negative amount; Parts make it a batch.
type Entry struct {
	Cents     int64
	Reference string // the bank's
	Day       string // 2026-11-30
	Name      string
	IBAN      string
	Text      string
	EndToEnd  string
	Pending   bool
	Parts     []Entry
}

func decimal(cents int64) string {
	if cents < 0 {
		cents = -cents
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

func indicator(cents int64) string {
	if cents < 0 {
		return "DBIT"
	}
	return "CRDT"
}

// Write writes a statement of an account whose balance was opening cents.
func Write(version, account, id string, opening int64, entries ...Entry) string {
	var b strings.Builder
	closing := opening
	for _, e := range entries {
		if !e.Pending {
			closing += e.Cents
		}
	}
	balance := func(kind string, cents int64) {
		fmt.Fprintf(&b, `<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>2026-11-30</Dt></Dt></Bal>`, kind, decimal(cents), indicator(cents))
	}
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.%s"><BkToCstmrStmt><GrpHdr><MsgId>%s</MsgId><CreDtTm>2026-11-30T06:00:00Z</CreDtTm></GrpHdr>`, version, id)
	fmt.Fprintf(&b, `<Stmt><Id>%s</Id><Acct><Id><IBAN>%s</IBAN></Id><Ccy>EUR</Ccy></Acct>`, id, account)
	balance("OPBD", opening)
	balance("CLBD", closing)
	for _, e := range entries {
		e.write(&b, version)
	}
	b.WriteString("</Stmt></BkToCstmrStmt></Document>")
	return b.String()
}

func (e Entry) write(b *strings.Builder, version string) {
	status := "BOOK"
	if e.Pending {
		status = "PDNG"
	}
	if version == V08 {
		status = "<Cd>" + status + "</Cd>"
	}
	fmt.Fprintf(b, `<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts>%s</Sts><BookgDt><Dt>%s</Dt></BookgDt><ValDt><Dt>%s</Dt></ValDt><AcctSvcrRef>%s</AcctSvcrRef>`,
		decimal(e.Cents), indicator(e.Cents), status, e.Day, e.Day, html.EscapeString(e.Reference))
	b.WriteString(`<BkTxCd><Prtry><Cd>166</Cd></Prtry></BkTxCd><NtryDtls>`)
	parts := e.Parts
	if len(parts) == 0 {
		parts = []Entry{e}
	}
	for _, p := range parts {
		p.detail(b, version, len(e.Parts) > 0)
	}
	b.WriteString("</NtryDtls></Ntry>")
}

func (e Entry) detail(b *strings.Builder, version string, ofBatch bool) {
	b.WriteString("<TxDtls>")
	end := e.EndToEnd
	if end == "" {
		end = "NOTPROVIDED"
	}
	fmt.Fprintf(b, `<Refs><EndToEndId>%s</EndToEndId></Refs>`, html.EscapeString(end))
	name := "<Nm>" + html.EscapeString(e.Name) + "</Nm>"
	if version == V08 {
		fmt.Fprintf(b, `<Amt Ccy="EUR">%s</Amt><CdtDbtInd>%s</CdtDbtInd>`, decimal(e.Cents), indicator(e.Cents))
		name = "<Pty>" + name + "</Pty>"
	} else if ofBatch {
		fmt.Fprintf(b, `<AmtDtls><TxAmt><Amt Ccy="EUR">%s</Amt></TxAmt></AmtDtls>`, decimal(e.Cents))
	}
	who, account := "Dbtr", "DbtrAcct"
	if e.Cents < 0 {
		who, account = "Cdtr", "CdtrAcct"
	}
	fmt.Fprintf(b, `<RltdPties><%s>%s</%s><%s><Id><IBAN>%s</IBAN></Id></%s></RltdPties>`, who, name, who, account, e.IBAN, account)
	fmt.Fprintf(b, `<RmtInf><Ustrd>%s</Ustrd></RmtInf></TxDtls>`, html.EscapeString(e.Text))
}
