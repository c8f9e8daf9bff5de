// Package camt reads account statements of banks: camt.053 (Bank to Customer Statement, ISO 20022) in the versions .02 and .08, as XML or as a ZIP archive of
// such files. It streams, and refuses what no bank sends: entities, document types, other encodings, what is too deep or too large.
package camt

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a file.
const (
	MaxFile     = 20 << 20 // bytes, as it comes
	maxUnpacked = 200 << 20
	maxMembers  = 400
	maxDepth    = 32
	maxGap      = 64 << 10 // bytes from one tag to the next
	maxEntries  = 200_000
	maxParts    = 5_000 // of a batch
	maxText     = 4_000 // of all remittance information of an entry
	currency    = "EUR"
)

// Errors of a file. Each says what is wrong with it as a whole; nothing of such a file counts.
var (
	ErrFile       = errors.New("no camt.053 file")
	ErrVersion    = errors.New("neither camt.053.001.02 nor camt.053.001.08")
	ErrForbidden  = errors.New("document types and entities are not taken")
	ErrTooLarge   = errors.New("too large")
	ErrIncomplete = errors.New("the entries do not lead from the opening to the closing balance")
	ErrCurrency   = errors.New("not in euros")
)

// readable says whether a namespace is that of a version that is read.
func readable(namespace string) bool {
	return namespace == "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02" || namespace == "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
}

// Statement is what heads a statement. Balances are in cents, negative for a debit.
type Statement struct {
	ID      string
	Account string // IBAN
	opening *int64
	closing *int64
}

// Entry is a booked movement on an account, or a part of a batch of them.
type Entry struct {
	Account string    // IBAN
	Key     string    // the bank's reference with the day; unique for the account
	Amount  int64     // cents, above 0
	Credit  bool      // money has come
	Day     time.Time // on which it was booked, midnight UTC
	Name    string    // of the other side
	IBAN    string    // of the other side
	Text    string    // remittance information
}

// Read reads all statements of a file, and calls fn for each booked entry, in order. An error of fn ends it. Statements whose entries do not lead from the opening to the
// closing balance are refused, after their last entry.
func Read(file io.ReaderAt, size int64, fn func(Statement, Entry) error) error {
	if size > MaxFile {
		return ErrTooLarge
	}
	head := make([]byte, 4)
	if n, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read statement: %w", err)
	} else if head = head[:n]; !bytes.Equal(head, []byte("PK\x03\x04")) {
		_, err := read(io.NewSectionReader(file, 0, size), fn, maxEntries)
		return err
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	return readArchive(archive, fn)
}

func readArchive(archive *zip.Reader, fn func(Statement, Entry) error) error {
	if len(archive.File) > maxMembers {
		return ErrTooLarge
	}
	unpacked := uint64(0)
	members := []*zip.File{}
	for _, f := range archive.File {
		if !f.Mode().IsRegular() || strings.HasPrefix(path.Base(f.Name), ".") || strings.Contains(f.Name, "__MACOSX/") {
			continue
		}
		if unpacked += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || unpacked > maxUnpacked {
			return ErrTooLarge
		}
		members = append(members, f)
	}
	slices.SortFunc(members, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	left := maxEntries
	for _, f := range members {
		content, err := f.Open()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		// A member is not longer than the archive says, whatever it says.
		n, err := read(io.LimitReader(content, int64(f.UncompressedSize64)+1), fn, left)
		if err = errors.Join(err, content.Close()); err != nil {
			return err
		}
		left -= n
	}
	if len(members) == 0 {
		return fmt.Errorf("%w: the archive is empty", ErrFile)
	}
	return nil
}

// gap fails when too much is read without a tag, so that no text is ever large in memory.
type gap struct {
	from io.Reader
	left int
}

func (g *gap) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := g.from.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// reader walks through a file.
type reader struct {
	fn       func(Statement, Entry) error
	path     []string
	text     strings.Builder
	currency string // of the last amount
	st       Statement
	sum      int64
	bal      balance
	ntry     entry
	seen     map[string]int // keys of the statement
	entries  int
	most     int
}

type balance struct {
	kind   string
	amount int64
	debit  bool
}

// entry is what is known of a Ntry.
type entry struct {
	amount  int64
	debit   bool
	booked  bool
	day     string
	valued  string
	bankRef string
	parts   []part
}

// part is what is known of a TxDtls.
type part struct {
	amount   int64
	has      bool
	ref      string
	end      string
	debtor   person
	creditor person
	text     []string
}

type person struct{ name, iban string }

func read(content io.Reader, fn func(Statement, Entry) error, most int) (entries int, err error) {
	g := &gap{from: content, left: maxGap}
	d := xml.NewDecoder(g)
	r := &reader{fn: fn, most: most}
	statements := 0
	for {
		token, err := d.Token()
		g.left = maxGap
		switch {
		case errors.Is(err, io.EOF) && statements > 0 && len(r.path) == 0:
			return r.entries, nil
		case errors.Is(err, ErrTooLarge):
			return 0, ErrTooLarge
		case err != nil:
			return 0, fmt.Errorf("%w: %w", ErrFile, err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return 0, ErrForbidden
		case xml.StartElement:
			if t.Name.Local == "Stmt" {
				statements++
			}
			err = r.start(t)
		case xml.CharData:
			r.text.Write(t)
		case xml.EndElement:
			err = r.end()
		}
		if err != nil {
			return 0, err
		}
	}
}

func (r *reader) start(t xml.StartElement) error {
	if len(r.path) == 0 && (t.Name.Local != "Document" || !readable(t.Name.Space)) {
		if strings.HasPrefix(t.Name.Space, "urn:iso:std:iso:20022:tech:xsd:") {
			return ErrVersion
		}
		return ErrFile
	}
	if len(r.path) >= maxDepth {
		return ErrTooLarge
	}
	r.path = append(r.path, t.Name.Local)
	r.text.Reset()
	switch r.at() {
	case "":
		r.st, r.sum, r.seen = Statement{}, 0, map[string]int{}
	case "Bal":
		r.bal = balance{}
	case "Ntry":
		r.ntry = entry{}
	case "Ntry/NtryDtls/TxDtls":
		if len(r.ntry.parts) >= maxParts {
			return ErrTooLarge
		}
		r.ntry.parts = append(r.ntry.parts, part{})
	}
	if t.Name.Local == "Amt" {
		r.currency = ""
		for _, a := range t.Attr {
			if a.Name.Local == "Ccy" {
				r.currency = a.Value
			}
		}
	}
	return nil
}

// outside is where the reader is when not in a statement.
const outside = "?"

// at is where the reader is, from the statement on.
func (r *reader) at() string {
	if len(r.path) < 3 || r.path[1] != "BkToCstmrStmt" || r.path[2] != "Stmt" {
		return outside
	}
	return strings.Join(r.path[3:], "/")
}

func (r *reader) end() error {
	value := strings.TrimSpace(r.text.String())
	r.text.Reset()
	at := r.at()
	r.path = r.path[:len(r.path)-1]
	switch at {
	case outside:
		return nil
	case "":
		return r.balanced()
	case "Id":
		r.st.ID = value
	case "Acct/Id/IBAN":
		r.st.Account = strings.ToUpper(strings.ReplaceAll(value, " ", ""))
	case "Bal":
		return r.balance()
	case "Bal/Tp/CdOrPrtry/Cd":
		r.bal.kind = value
	case "Bal/CdtDbtInd":
		r.bal.debit = value == "DBIT"
	case "Bal/Amt":
		return r.amount(value, &r.bal.amount)
	case "Ntry":
		return r.entry()
	}
	if of, found := strings.CutPrefix(at, "Ntry/NtryDtls/TxDtls/"); found {
		return r.detail(of, value, &r.ntry.parts[len(r.ntry.parts)-1])
	}
	if of, found := strings.CutPrefix(at, "Ntry/"); found {
		return r.of(of, value)
	}
	return nil
}

func (r *reader) of(at, value string) error {
	switch at {
	case "Amt":
		return r.amount(value, &r.ntry.amount)
	case "CdtDbtInd":
		r.ntry.debit = value == "DBIT"
	case "Sts", "Sts/Cd": // .02 and .08
		r.ntry.booked = r.ntry.booked || value == "BOOK"
	case "BookgDt/Dt", "BookgDt/DtTm":
		r.ntry.day = value
	case "ValDt/Dt", "ValDt/DtTm":
		r.ntry.valued = value
	case "AcctSvcrRef":
		r.ntry.bankRef = value
	}
	return nil
}

func (r *reader) detail(at, value string, p *part) error {
	switch at {
	case "Amt", "AmtDtls/TxAmt/Amt": // .08 and .02
		p.has = true
		return r.amount(value, &p.amount)
	case "Refs/AcctSvcrRef":
		p.ref = value
	case "Refs/EndToEndId":
		p.end = value
	case "RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm":
		p.debtor.name = value
	case "RltdPties/DbtrAcct/Id/IBAN":
		p.debtor.iban = value
	case "RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm":
		p.creditor.name = value
	case "RltdPties/CdtrAcct/Id/IBAN":
		p.creditor.iban = value
	case "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref":
		if value != "" {
			p.text = append(p.text, value)
		}
	}
	return nil
}

// amount reads euros and cents, digit by digit.
func (r *reader) amount(value string, into *int64) error {
	if r.currency != currency {
		return ErrCurrency
	}
	whole, fraction, _ := strings.Cut(value, ".")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" || len(whole) > 12 || len(fraction) > 2 || strings.Trim(whole+fraction, "0123456789") != "" {
		return fmt.Errorf("%w: %.40q is no amount", ErrFile, value)
	}
	cents, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %.40q is no amount", ErrFile, value)
	}
	*into = cents
	return nil
}

func (r *reader) balance() error {
	amount := r.bal.amount
	if r.bal.debit {
		amount = -amount
	}
	switch r.bal.kind {
	case "OPBD", "PRCD":
		r.st.opening = &amount
	case "CLBD":
		r.st.closing = &amount
	}
	return nil
}

// balanced checks a statement at its end.
func (r *reader) balanced() error {
	if r.st.opening != nil && r.st.closing != nil && *r.st.opening+r.sum != *r.st.closing {
		return ErrIncomplete
	}
	return nil
}

// entry gives away an entry, or the parts of a batch when each has an amount and they sum to it.
func (r *reader) entry() error {
	n := r.ntry
	if !n.booked || n.amount == 0 {
		return nil
	}
	if r.entries++; r.entries > r.most {
		return ErrTooLarge
	}
	if n.debit {
		r.sum -= n.amount
	} else {
		r.sum += n.amount
	}
	if n.day == "" {
		n.day = n.valued
	}
	day, err := time.Parse(time.DateOnly, n.day[:min(len(n.day), len(time.DateOnly))])
	if err != nil {
		return fmt.Errorf("%w: an entry has no day", ErrFile)
	}
	whole := Entry{Account: r.st.Account, Amount: n.amount, Credit: !n.debit, Day: day}
	if !splits(n) {
		for _, p := range n.parts {
			whole.add(p, n.debit)
		}
		whole.Key = r.key(whole, n.bankRef, n.parts)
		return r.fn(r.st, whole)
	}
	key := r.key(whole, n.bankRef, n.parts)
	for i, p := range n.parts {
		one := whole
		one.Amount, one.Key = p.amount, fmt.Sprintf("%s/%d", key, i+1)
		one.add(p, n.debit)
		if err := r.fn(r.st, one); err != nil {
			return err
		}
	}
	return nil
}

func splits(n entry) bool {
	sum := int64(0)
	for _, p := range n.parts {
		if !p.has || p.amount == 0 {
			return false
		}
		sum += p.amount
	}
	return len(n.parts) > 1 && sum == n.amount
}

// add takes over what a part says. Of a batch that cannot be taken apart there is the text of all.
func (e *Entry) add(p part, debit bool) {
	other := p.debtor
	if debit {
		other = p.creditor
	}
	if e.Name == "" && e.IBAN == "" {
		e.Name, e.IBAN = cut(other.name, 140), cut(other.iban, 34)
	}
	words := strings.Join(p.text, " ")
	if given(p.end) {
		words = strings.TrimSpace(words + " " + p.end)
	}
	if words != "" && len(e.Text)+len(words) < maxText {
		e.Text = strings.TrimSpace(e.Text + " " + words)
	}
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// given says whether a reference is one: banks write words where they have none.
func given(reference string) bool {
	switch strings.ToUpper(reference) {
	case "", "NONREF", "NOTPROVIDED", "NOT PROVIDED":
		return false
	}
	return true
}

// key is what tells an entry from all others of its account: day and the bank's reference. Where the bank gives none, a hash of what the entry says takes its place. The
// second of the same in a statement has its number behind it, so that it is the same in every statement that has both.
func (r *reader) key(e Entry, bankRef string, parts []part) string {
	reference := bankRef
	if !given(reference) && len(parts) > 0 {
		reference = parts[0].ref
	}
	if !given(reference) {
		hash := sha256.New()
		fmt.Fprintf(hash, "%d|%t|%s|%s|%s", e.Amount, e.Credit, e.Name, e.IBAN, e.Text)
		for _, p := range parts {
			fmt.Fprintf(hash, "|%s|%s|%s|%v", p.debtor.name, p.debtor.iban, p.end, p.text)
		}
		reference = "~" + hex.EncodeToString(hash.Sum(nil)[:16])
	}
	key := e.Day.Format(time.DateOnly) + "/" + cut(reference, 80)
	if r.seen[key]++; r.seen[key] > 1 {
		return fmt.Sprintf("%s#%d", key, r.seen[key])
	}
	return key
}
