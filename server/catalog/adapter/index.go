package adapter

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// IndexName is the file of a delivery that lists the others in the order in which they are read.
const IndexName = "index.txt"

// maxIndex is how long an index may be, in bytes.
const maxIndex = 16 << 20

// ReadIndex reads an index: a name of a file on each line. One that lists nothing, or a file elsewhere, is refused: what a
// delivery does not name would be deleted.
func ReadIndex(r io.Reader) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	scanner := bufio.NewScanner(io.LimitReader(r, maxIndex))
	for scanner.Scan() {
		name := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if name == "" {
			continue
		}
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s names %.100q, which is not a file beside it", IndexName, name)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s names %.100q twice", IndexName, name)
		}
		seen[name] = true
		files = append(files, name)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", IndexName, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is empty", IndexName)
	}
	return files, nil
}
