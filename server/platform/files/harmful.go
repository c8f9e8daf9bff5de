package files

import (
	"fmt"

	"portalverbund/server/platform/problem"
)

// Harmful tells a person of a file of theirs in which something harmful was found after they had applied, and what to do.
func Harmful(name string) problem.Text {
	return problem.Text{
		De: fmt.Sprintf("In der Anlage „%s“ wurde Schadsoftware gefunden. Sie wurde gelöscht, der Antrag wird ohne sie bearbeitet. "+
			"Wenn sie gebraucht wird, wendet sich die zuständige Stelle an Sie. Prüfen Sie bitte auch Ihr Gerät mit einem Virenscanner.", name),
		En: fmt.Sprintf("Something harmful was found in the attachment “%s”. It was deleted, and the application goes on without it. "+
			"If it is needed, the competent office will contact you. Please check your device with a virus scanner, too.", name),
	}
}
