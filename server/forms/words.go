package forms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portalverbund/server/platform/problem"
)

// messageOf puts a code into words for people.
func messageOf(code string, limit any) problem.Text {
	switch code {
	case "required":
		return problem.Text{De: "Bitte füllen Sie dieses Feld aus.", En: "Please fill in this field."}
	case "type", "pattern":
		return problem.Text{De: "Bitte prüfen Sie die Schreibweise.", En: "Please check how this is written."}
	case "const":
		return problem.Text{De: "Bitte bestätigen Sie diese Erklärung.", En: "Please confirm this statement."}
	case "enum":
		return problem.Text{De: "Bitte wählen Sie eine der Möglichkeiten aus.", En: "Please choose one of the options."}
	case "format":
		return formatMessage(limit)
	case "earliest", "latest":
		return dateMessage(code, limit)
	case "uniqueItems":
		return problem.Text{De: "Bitte geben Sie nichts doppelt an.", En: "Please do not give anything twice."}
	case "additionalProperties":
		return problem.Text{De: "Danach wird in diesem Formular nicht gefragt.", En: "This form does not ask for that."}
	case "size":
		return problem.Text{De: "Das sind mehr Angaben, als ein Formular haben kann.", En: "This is more than a form can hold."}
	case "depth":
		return problem.Text{De: "So verschachtelt kann ein Formular nicht sein.", En: "A form cannot be nested like this."}
	default:
		return limitMessage(code, limit)
	}
}

func formatMessage(format any) problem.Text {
	switch format {
	case "date":
		return problem.Text{De: "Bitte geben Sie ein Datum an, das es gibt.", En: "Please enter a date that exists."}
	case "iban":
		return problem.Text{De: "Bitte prüfen Sie die IBAN. Sie steht auf Ihrer Bankkarte und auf Kontoauszügen.", En: "Please check the IBAN. It is on your bank card and on statements."}
	case "phone":
		return problem.Text{De: "Bitte geben Sie eine Telefonnummer mit Vorwahl an, zum Beispiel 030 23125 900.", En: "Please enter a telephone number with area code, such as 030 23125 900."}
	case "email":
		return problem.Text{De: "Bitte geben Sie eine E-Mail-Adresse an, zum Beispiel name@example.org.", En: "Please enter an e-mail address, such as name@example.org."}
	default:
		return problem.Text{De: "Bitte laden Sie hier eine Datei hoch.", En: "Please upload a file here."}
	}
}

func dateMessage(code string, limit any) problem.Text {
	text, _ := limit.(string)
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return formatMessage("date")
	}
	de, en := day.Format("02.01.2006"), day.Format("2 January 2006")
	if code == "earliest" {
		return problem.Text{De: "Bitte geben Sie ein Datum ab dem " + de + " an.", En: "Please enter a date from " + en + " on."}
	}
	return problem.Text{De: "Bitte geben Sie ein Datum bis zum " + de + " an.", En: "Please enter a date up to " + en + "."}
}

func limitMessage(code string, limit any) problem.Text {
	de, en := "Bitte prüfen Sie diese Angabe.", "Please check this answer."
	switch code {
	case "minLength":
		de, en = "Bitte schreiben Sie mindestens %s Zeichen.", "Please write at least %s characters."
		if number(limit) == "1" {
			return messageOf("required", nil)
		}
	case "maxLength":
		de, en = "Bitte schreiben Sie höchstens %s Zeichen.", "Please write at most %s characters."
	case "minimum":
		de, en = "Bitte geben Sie mindestens %s an.", "Please enter at least %s."
	case "maximum":
		de, en = "Bitte geben Sie höchstens %s an.", "Please enter at most %s."
	case "exclusiveMinimum":
		de, en = "Bitte geben Sie mehr als %s an.", "Please enter more than %s."
	case "exclusiveMaximum":
		de, en = "Bitte geben Sie weniger als %s an.", "Please enter less than %s."
	case "multipleOf":
		de, en = "Bitte geben Sie ein Vielfaches von %s an.", "Please enter a multiple of %s."
	case "minItems":
		de, en = "Bitte geben Sie mindestens %s an.", "Please give at least %s."
	case "maxItems":
		de, en = "Bitte geben Sie höchstens %s an.", "Please give at most %s."
	default:
		return problem.Text{De: de, En: en}
	}
	text := number(limit)
	return problem.Text{De: fmt.Sprintf(de, strings.ReplaceAll(text, ".", ",")), En: fmt.Sprintf(en, text)}
}

func number(limit any) string {
	switch l := limit.(type) {
	case int:
		return strconv.Itoa(l)
	case float64:
		return strconv.FormatFloat(l, 'f', -1, 64)
	}
	return ""
}
