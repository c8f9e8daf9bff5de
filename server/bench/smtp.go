package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
)

// takeMails is a mail server that takes everything and keeps nothing, so that a portal's mails leave as usual. It ends with
// ctx, and gives its address.
func takeMails(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("take mails: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go takeMail(conn)
		}
	}()
	return listener.Addr().String(), nil
}

// takeMail speaks as much SMTP (RFC 5321) as is needed.
func takeMail(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	reply := func(text string) bool {
		_, err := conn.Write([]byte(text + "\r\n"))
		return err == nil
	}
	inData, going := false, reply("220 bench")
	for going && lines.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
		switch {
		case inData:
			if lines.Text() == "." {
				inData, going = false, reply("250 taken")
			}
		case verb == "DATA":
			inData, going = true, reply("354 go on")
		case verb == "QUIT":
			_ = reply("221 bye")
			return
		default:
			going = reply("250 fine")
		}
	}
}
