package xray

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func socketCount() int { return sockets }

// shareAddress lets several sockets have one address.
func shareAddress(_, _ string, c syscall.RawConn) error {
	var err error
	if failed := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }); failed != nil {
		return failed
	}
	return err
}

// growBuffer asks for room for datagrams that wait to be read, beyond the limit of
// the system where we may, and returns what was granted.
func growBuffer(conn *net.UDPConn, size int) int64 {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	granted := 0
	_ = raw.Control(func(fd uintptr) { // it has what it has then
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
		granted, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	})
	return int64(granted)
}

// lostOf returns how many datagrams the kernel dropped for want of room in a socket.
func lostOf(conn *net.UDPConn) (lost uint32, ok bool) {
	const meminfo, drops, values = 55, 8, 9 // SO_MEMINFO, and where the drops are in it
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, false
	}
	_ = raw.Control(func(fd uintptr) { // of a closed socket nothing is known
		var info [values]uint32
		size := uint32(unsafe.Sizeof(info))
		_, _, failed := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, meminfo, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		lost, ok = info[drops], failed == 0
	})
	return lost, ok
}

// datagramsAtOnce is how many one call of the kernel hands over.
const datagramsAtOnce = 32

// reader reads many datagrams with one call.
type reader struct {
	raw     syscall.RawConn
	headers [datagramsAtOnce]message
	vectors [datagramsAtOnce]unix.Iovec
	names   [datagramsAtOnce]unix.RawSockaddrAny
	buffers [datagramsAtOnce][maxDatagram]byte
	last    string
}

// message is the kernel's struct mmsghdr.
type message struct {
	unix.Msghdr
	length uint32
}

func newReader(conn *net.UDPConn) *reader {
	r := &reader{}
	r.raw, _ = conn.SyscallConn() // reading tells
	for i := range r.headers {
		r.vectors[i].Base = &r.buffers[i][0]
		r.vectors[i].SetLen(maxDatagram)
		r.headers[i].Iov = &r.vectors[i]
		r.headers[i].SetIovlen(1)
		r.headers[i].Name = (*byte)(unsafe.Pointer(&r.names[i]))
	}
	return r
}

// read waits for datagrams and adds all that there are, up to a chunk's size.
func (r *reader) read(c *chunk) error {
	if r.raw == nil {
		return net.ErrClosed
	}
	var failed error
	err := r.raw.Read(func(fd uintptr) bool {
		for len(c.data) < chunkBytes {
			for i := range r.headers {
				r.headers[i].Namelen = unix.SizeofSockaddrAny
			}
			n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.headers[0])), datagramsAtOnce, unix.MSG_DONTWAIT, 0, 0)
			if errno == unix.EINTR {
				continue
			}
			if errno == unix.EAGAIN {
				return len(c.parts) > 0
			}
			if errno != 0 {
				failed = errno
				return true
			}
			for i := range int(n) {
				h := &r.headers[i]
				c.add(r.buffers[i][:h.length], r.sender(i, int(h.Namelen)))
			}
			if n < datagramsAtOnce {
				return true
			}
		}
		return true
	})
	if err != nil {
		return net.ErrClosed
	}
	return failed
}

// sender is the address of a datagram in the kernel's form, which is all that is
// asked of it.
func (r *reader) sender(i, size int) string {
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&r.names[i])), min(size, unix.SizeofSockaddrInet6))
	if string(raw) != r.last {
		r.last = string(raw)
	}
	return r.last
}
