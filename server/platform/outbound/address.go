package outbound

import "net/netip"

// notPublic lists the address blocks of the IANA special-purpose registries that are not globally reachable, and those
// that wrap other addresses and have no use for calls between servers.
func notPublic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network, RFC 791
		netip.MustParsePrefix("10.0.0.0/8"),      // private, RFC 1918
		netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, RFC 6598
		netip.MustParsePrefix("127.0.0.0/8"),     // loopback
		netip.MustParsePrefix("169.254.0.0/16"),  // link local, with the metadata services of clouds
		netip.MustParsePrefix("172.16.0.0/12"),   // private, RFC 1918
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments, RFC 6890
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
		netip.MustParsePrefix("192.168.0.0/16"),  // private, RFC 1918
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks, RFC 2544
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("224.0.0.0/4"),     // multicast
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
		netip.MustParsePrefix("::/96"),           // unspecified, loopback, IPv4-compatible
		netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64, RFC 8215
		netip.MustParsePrefix("100::/64"),        // discard, RFC 6666
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, with Teredo
		netip.MustParsePrefix("2001:db8::/32"),   // documentation
		netip.MustParsePrefix("2002::/16"),       // 6to4
		netip.MustParsePrefix("3fff::/20"),       // documentation, RFC 9637
		netip.MustParsePrefix("5f00::/16"),       // segment routing
		netip.MustParsePrefix("fc00::/7"),        // unique local
		netip.MustParsePrefix("fe80::/10"),       // link local
		netip.MustParsePrefix("fec0::/10"),       // site local, deprecated
		netip.MustParsePrefix("ff00::/8"),        // multicast
	}
}

// public says whether an address is reachable by everyone.
func public(address netip.Addr) bool {
	if !address.IsValid() || !address.IsGlobalUnicast() {
		return false
	}
	for _, block := range notPublic() {
		if block.Contains(address) {
			return false
		}
	}
	return true
}

// embedded gives the IPv4 address that an IPv6 address stands for (IPv4-mapped, NAT64 of RFC 6052), else the address
// itself, without its zone.
func embedded(address netip.Addr) netip.Addr {
	address = address.WithZone("").Unmap()
	if address.Is6() && netip.MustParsePrefix("64:ff9b::/96").Contains(address) {
		bytes := address.As16()
		return netip.AddrFrom4([4]byte(bytes[12:]))
	}
	return address
}
