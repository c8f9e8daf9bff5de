package catalog

import (
	"slices"
	"strings"

	"portalverbund/api/types"
)

// narrowing is how a list is narrowed down after the search, beyond words and place.
type narrowing struct {
	category string
	audience string
	online   bool
	tree     categoryTree
}

func (n narrowing) keeps(l listed) bool {
	return (n.category == "" || n.tree.isIn(l.document.categories, n.category)) && l.document.isFor(n.audience) && (!n.online || l.online)
}

// counts says how many services each further choice would leave, with the other choices as they are.
func (n narrowing) counts(all []listed) types.ServiceCounts {
	byCategory, byAudience, online := map[string]int{}, map[string]int{}, 0
	without := func(change func(*narrowing)) narrowing {
		other := n
		change(&other)
		return other
	}
	anyCategory := without(func(o *narrowing) { o.category = "" })
	anyAudience := without(func(o *narrowing) { o.audience = "" })
	anyWay := without(func(o *narrowing) { o.online = false })
	for _, l := range all {
		if anyCategory.keeps(l) {
			for _, id := range n.tree.with(l.document.categories) {
				byCategory[id]++
			}
		}
		if anyAudience.keeps(l) {
			for _, a := range []string{"citizen", "business"} {
				if l.document.isFor(a) {
					byAudience[a]++
				}
			}
		}
		if l.online && anyWay.keeps(l) {
			online++
		}
	}
	return types.ServiceCounts{Categories: counted(byCategory), Audiences: counted(byAudience), Online: online}
}

// counted gives counts in the order of their keys.
func counted(counts map[string]int) []types.ServiceCount {
	list := make([]types.ServiceCount, 0, len(counts))
	for value, services := range counts {
		list = append(list, types.ServiceCount{Value: value, Services: services})
	}
	slices.SortFunc(list, func(a, b types.ServiceCount) int { return strings.Compare(a.Value, b.Value) })
	return list
}
