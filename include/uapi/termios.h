/* SPDX-License-Identifier: GPL-2.0-only */
/* Terminal settings and ioctls of the Linux x86-64 user ABI. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCGETA		0x5405
#define TCSETA		0x5406
#define TCSETAW		0x5407
#define TCSETAF		0x5408
#define TCSBRK		0x5409
#define TCXONC		0x540A
#define TCFLSH		0x540B
#define TIOCEXCL	0x540C
#define TIOCNXCL	0x540D
#define TIOCSCTTY	0x540E
#define TIOCGPGRP	0x540F
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define TIOCMGET	0x5415
#define TIOCMBIS	0x5416
#define TIOCMBIC	0x5417
#define TIOCMSET	0x5418
#define TIOCGSOFTCAR	0x5419
#define TIOCSSOFTCAR	0x541A
#define TIOCINQ		0x541B
#define TIOCCONS	0x541D
#define TIOCPKT		0x5420
#define TIOCNOTTY	0x5422
#define TIOCSETD	0x5423
#define TIOCGETD	0x5424
#define TCSBRKP		0x5425
#define TIOCSBRK	0x5427
#define TIOCCBRK	0x5428
#define TIOCGSID	0x5429
#define TCGETS2		0x802C542A
#define TCSETS2		0x402C542B
#define TCSETSW2	0x402C542C
#define TCSETSF2	0x402C542D
#define TIOCGPTN	0x80045430
#define TIOCSPTLCK	0x40045431
#define TIOCGDEV	0x80045432
#define TIOCSIG		0x40045436
#define TIOCVHANGUP	0x5437
#define TIOCGPKT	0x80045438
#define TIOCGPTLCK	0x80045439
#define TIOCGEXCL	0x80045440
#define TIOCGLCKTRMIOS	0x5456
#define TIOCSLCKTRMIOS	0x5457
#define TIOCGPTPEER	0x5441

#define NCCS_KERNEL 19
struct ktermios_abi {		/* TCGETS */
	u32 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line, c_cc[NCCS_KERNEL];
};
static_assert(sizeof(struct ktermios_abi) == 36, "user ABI");
struct ktermios2_abi {		/* TCGETS2 */
	u32 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line, c_cc[NCCS_KERNEL];
	u32 c_ispeed, c_ospeed;
};
static_assert(sizeof(struct ktermios2_abi) == 44, "user ABI");
struct termio_abi {		/* TCGETA */
	u16 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line, c_cc[8];
};
struct winsize_abi { u16 ws_row, ws_col, ws_xpixel, ws_ypixel; };

/* c_cc */
enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL,
	VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2 };
/* c_iflag */
#define IGNBRK	0x0001u
#define BRKINT	0x0002u
#define IGNPAR	0x0004u
#define PARMRK	0x0008u
#define INPCK	0x0010u
#define ISTRIP	0x0020u
#define INLCR	0x0040u
#define IGNCR	0x0080u
#define ICRNL	0x0100u
#define IUCLC	0x0200u
#define IXON	0x0400u
#define IXANY	0x0800u
#define IXOFF	0x1000u
#define IMAXBEL	0x2000u
#define IUTF8	0x4000u
/* c_oflag */
#define OPOST	0x01u
#define OLCUC	0x02u
#define ONLCR	0x04u
#define OCRNL	0x08u
#define ONOCR	0x10u
#define ONLRET	0x20u
#define TABDLY	0x1800u
#define XTABS	0x1800u
/* c_cflag */
#define CBAUD	0x100fu
#define CBAUDEX	0x1000u
#define BOTHER	0x1000u
#define CSIZE	0x30u
#define CS8	0x30u
#define CSTOPB	0x40u
#define CREAD	0x80u
#define PARENB	0x100u
#define PARODD	0x200u
#define HUPCL	0x400u
#define CLOCAL	0x800u
#define CRTSCTS	0x80000000u
#define B38400	0xfu
#define B115200	0x1002u
/* c_lflag */
#define ISIG	0x0001u
#define ICANON	0x0002u
#define XCASE	0x0004u
#define ECHO	0x0008u
#define ECHOE	0x0010u
#define ECHOK	0x0020u
#define ECHONL	0x0040u
#define NOFLSH	0x0080u
#define TOSTOP	0x0100u
#define ECHOCTL	0x0200u
#define ECHOPRT	0x0400u
#define ECHOKE	0x0800u
#define FLUSHO	0x1000u
#define PENDIN	0x4000u
#define IEXTEN	0x8000u
#define EXTPROC	0x10000u

#define TCIFLUSH	0
#define TCOFLUSH	1
#define TCIOFLUSH	2
#define TCOOFF	0
#define TCOON	1
#define TCIOFF	2
#define TCION	3

#define TIOCM_DTR 0x002
#define TIOCM_RTS 0x004
#define TIOCM_CTS 0x020
#define TIOCM_CAR 0x040
#define TIOCM_RNG 0x080
#define TIOCM_DSR 0x100

#define TIOCPKT_DATA		0
#define TIOCPKT_FLUSHREAD	1
#define TIOCPKT_FLUSHWRITE	2
#define TIOCPKT_STOP		4
#define TIOCPKT_START		8
#define TIOCPKT_NOSTOP		16
#define TIOCPKT_DOSTOP		32
