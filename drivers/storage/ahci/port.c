// SPDX-License-Identifier: GPL-2.0-only
/*
 * AHCI ports: link, command engine, completions, recovery from errors. AHCI 1.3.1, 5, 6.2, 10.
 *
 * A command lives in a slot: header, table, and its bit in `issued` from ahci_issue() until the device
 * clears the bit in CI. Slots but the last are the disk's tags; the last is for the driver's own
 * commands (ahci_exec()).
 *
 * Of queued commands (NCQ, the device's own order) there are as many as it has tags; of others one at a
 * time, so that an error is its own. It fails, and the work item restarts the engine. A queued command's
 * error does not say whose it is, and the device forgets all that it had: the link is reset and each is
 * tried again, unqueued from then on.
 *
 * Lock: port->lock; commands are ended without it.
 */
#include "ahci_impl.h"

#include <asm/cpu.h>
#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ENGINE_TIMEOUT	(NSEC_PER_SEC)
#define EXEC_TIMEOUT	(15 * NSEC_PER_SEC)
#define LINK_TIMEOUT	(NSEC_PER_SEC)
#define READY_TIMEOUT	(10 * NSEC_PER_SEC)

static u32 rd(struct ahci_port *p, u32 reg)
{
	return mmio_read32(p->regs + reg);
}

static void wr(struct ahci_port *p, u32 reg, u32 v)
{
	mmio_write32(p->regs + reg, v);
}

static void wr64(struct ahci_port *p, u32 reg, u64 v)
{
	wr(p, reg, (u32)v);
	wr(p, reg + 4, (u32)(v >> 32));
}

/* Until (@reg & @mask) == @want; no interrupt tells. */
static int wait_reg(struct ahci_port *p, u32 reg, u32 mask, u32 want, nsec_t limit)
{
	nsec_t end = clock_ns() + limit;

	while ((rd(p, reg) & mask) != want) {
		if (clock_ns() > end)
			return -ETIMEDOUT;
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	}
	return 0;
}

static int engine_stop(struct ahci_port *p)
{
	int err;

	wr(p, PORT_CMD, rd(p, PORT_CMD) & ~CMD_START);
	err = wait_reg(p, PORT_CMD, CMD_RUNS, 0, ENGINE_TIMEOUT);
	wr(p, PORT_CMD, rd(p, PORT_CMD) & ~CMD_FIS_RX);
	return err ? err : wait_reg(p, PORT_CMD, CMD_FIS_RUNS, 0, ENGINE_TIMEOUT);
}

static void engine_start(struct ahci_port *p)
{
	wr(p, PORT_SERR, U32_MAX);
	wr(p, PORT_IS, U32_MAX);
	wr(p, PORT_CMD, rd(p, PORT_CMD) | CMD_FIS_RX | CMD_SPIN_UP | CMD_POWER);
	wr(p, PORT_CMD, rd(p, PORT_CMD) | CMD_START);
	wr(p, PORT_IE, IE_WANTED);
}

void ahci_port_halt(struct ahci_port *p)
{
	u64 flags = spin_lock_irqsave(&p->lock);

	p->is_stopped = true;
	spin_unlock_irqrestore(&p->lock, flags);
	wr(p, PORT_IE, 0);
	if (engine_stop(p))
		kwarn("ahci port %u: engine does not stop", p->index);
	while (atomic_read(&p->in_handler))
		cpu_relax();
}

int ahci_port_reset(struct ahci_port *p)
{
	u64 flags;
	int err;

	ahci_port_halt(p);
	wr64(p, PORT_CLB, virt_to_phys(p->headers));
	wr64(p, PORT_FB, virt_to_phys(p->fis_area));
	wr(p, PORT_CMD, rd(p, PORT_CMD) | CMD_FIS_RX | CMD_SPIN_UP | CMD_POWER);
	/* COMRESET: at least a millisecond, then the link comes up by itself. */
	wr(p, PORT_SCTL, (rd(p, PORT_SCTL) & ~0xfu) | 1);
	sched_sleep_until(clock_ns() + 2 * NSEC_PER_MSEC);
	wr(p, PORT_SCTL, rd(p, PORT_SCTL) & ~0xfu);
	if ((rd(p, PORT_SSTS) & 0xf) != 3 && wait_reg(p, PORT_SSTS, 0xf, 3, LINK_TIMEOUT))
		return -ENODEV;
	wr(p, PORT_SERR, U32_MAX);
	err = wait_reg(p, PORT_TFD, TFD_BUSY, 0, READY_TIMEOUT);
	if (err)
		return -EIO;
	flags = spin_lock_irqsave(&p->lock);
	p->issued = 0;
	p->queued = 0;
	p->is_stopped = false;
	spin_unlock_irqrestore(&p->lock, flags);
	engine_start(p);
	return 0;
}

/* ---- commands ---- */

u32 ahci_fill(struct ahci_table *t, const struct ata_command *c, u32 nprd)
{
	u8 *f = t->fis;

	memset(f, 0, 20);
	f[0] = 0x27;
	f[1] = 0x80;
	f[2] = c->command;
	f[3] = (u8)c->features;
	for (u32 i = 0; i < 3; i++) {
		f[4 + i] = (u8)(c->lba >> (8 * i));
		f[8 + i] = (u8)(c->lba >> (24 + 8 * i));
	}
	f[7] = c->packet ? 0 : 0x40 | c->device;
	f[11] = (u8)(c->features >> 8);
	f[12] = (u8)c->count;
	f[13] = (u8)(c->count >> 8);
	if (c->packet)
		memcpy(t->packet, c->packet, 16);
	return HEADER_FIS_WORDS | (c->packet ? HEADER_ATAPI : 0) | (c->is_write ? HEADER_WRITE : 0) | nprd << 16;
}

void ahci_put_prd(struct ahci_table *t, u32 i, paddr_t addr, u32 len)
{
	t->prd[i] = (struct ahci_prd){ .addr = addr, .count = len - 1 };
}

int ahci_issue(struct ahci_port *p, u32 slot, struct ahci_table *t, u32 hflags, bool is_queued)
{
	u64 flags = spin_lock_irqsave(&p->lock);
	int err = 0;

	if (p->is_stopped || (is_queued ? p->issued & ~p->queued : p->issued)) {
		err = -EBUSY;
	} else {
		p->headers[slot] = (struct ahci_header){ .flags = hflags, .table = virt_to_phys(t) };
		p->issued |= 1u << slot;
		smp_wmb();	/* the header before the bit */
		if (is_queued) {
			p->queued |= 1u << slot;
			wr(p, PORT_SACT, 1u << slot);
		}
		wr(p, PORT_CI, 1u << slot);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return err;
}

int ahci_exec(struct ahci_port *p, const struct ata_command *c, void *buf, u32 len)
{
	int err;

	kmutex_lock(&p->exec_lock);
	if (p->disk)
		blkdisk_stop(p->disk);
	latch_init(&p->exec_done);
	p->exec_error = -EIO;
	if (buf)
		ahci_put_prd(p->own_table, 0, virt_to_phys(buf), len);
	err = ahci_issue(p, p->own_slot, p->own_table, ahci_fill(p->own_table, c, buf ? 1 : 0),
			 false);
	if (!err) {
		err = latch_wait_until(&p->exec_done, clock_ns() + EXEC_TIMEOUT);
		/* The device may still write to the buffer: it must forget the command. */
		if (err)
			(void)ahci_port_reset(p);
		else
			err = p->exec_error;
	}
	if (p->disk)
		blkdisk_go(p->disk);
	kmutex_unlock(&p->exec_lock);
	return err;
}

/* ---- ends ---- */

static void end_slot(struct ahci_port *p, u32 slot, int err)
{
	struct blkcmd *c;

	if (slot == p->own_slot) {
		p->exec_error = err;
		latch_open_all(&p->exec_done);
		return;
	}
	c = p->disk ? blkhwq_cmd(blkhwq_of(p->disk, 0), slot) : NULL;
	if (c)
		blkcmd_done(c, err);
}

static void end_slots(struct ahci_port *p, u32 slots, int err)
{
	for (u32 i = 0; slots; i++, slots >>= 1)
		if (slots & 1)
			end_slot(p, i, err);
}

void ahci_port_interrupt(struct ahci_port *p)
{
	u32 is, done = 0;
	u64 flags;

	atomic_inc(&p->in_handler);
	flags = spin_lock_irqsave(&p->lock);
	is = rd(p, PORT_IS);
	wr(p, PORT_IS, is);
	if ((is & IS_ERRORS) && !p->is_stopped) {
		p->is_stopped = true;
		wr(p, PORT_IE, 0);
		workpool_queue(workpool_system, &p->error_work);
	} else if (!p->is_stopped) {
		done = p->issued & ~(rd(p, PORT_CI) | rd(p, PORT_SACT));
		p->issued &= ~done;
		p->queued &= ~done;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	end_slots(p, done, 0);
	atomic_dec(&p->in_handler);
}

/* The port stands after an error: note who is what, restart, tell. */
static void error_work(struct workitem *w)
{
	struct ahci_port *p = container_of(w, struct ahci_port, error_work);
	u32 left = rd(p, PORT_CI) | rd(p, PORT_SACT), all, queued;
	u64 flags;
	int err;

	err = engine_stop(p);
	if (!err && (rd(p, PORT_TFD) & TFD_BUSY))
		err = -EIO;
	flags = spin_lock_irqsave(&p->lock);
	all = p->issued;
	queued = p->queued & left;
	p->issued = 0;
	p->queued = 0;
	spin_unlock_irqrestore(&p->lock, flags);
	/* A device that hangs in its command gets the link reset. */
	if (err || queued)
		err = ahci_port_reset(p);
	else
		engine_start(p);
	flags = spin_lock_irqsave(&p->lock);
	p->is_stopped = err != 0;
	spin_unlock_irqrestore(&p->lock, flags);
	end_slots(p, all & ~left, 0);
	end_slots(p, all & left, err || !queued ? -EIO : -EAGAIN);
	if (p->disk)
		blkhwq_run(blkhwq_of(p->disk, 0));
}

/* ---- making ---- */

int ahci_port_create(struct ahci *hba, u32 index, struct ahci_port **out)
{
	struct ahci_port *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return -ENOMEM;
	p->hba = hba;
	p->index = index;
	p->regs = hba->regs + PORT_BASE(index);
	p->own_slot = CAP_SLOTS(hba->cap) - 1;
	spin_init(&p->lock, LOCKRANK_DRIVER);
	kmutex_init(&p->exec_lock, LOCKRANK_NONE);
	workitem_init(&p->error_work, error_work);
	/* One page: 1 KiB of headers, then 256 bytes of received FISes. */
	p->headers = page_alloc_kva(0, ALLOC_KERNEL | ALLOC_ZERO | (hba->cap & CAP_64 ? 0 : ALLOC_DMA32));
	p->own_table = kmem_zalloc(sizeof(*p->own_table), ALLOC_KERNEL);
	if (!p->headers || !p->own_table) {
		ahci_port_destroy(p);
		return -ENOMEM;
	}
	p->fis_area = (u8 *)p->headers + 1024;
	*out = p;
	return 0;
}

void ahci_port_destroy(struct ahci_port *p)
{
	(void)workitem_cancel_sync(&p->error_work);
	if (p->headers)
		page_free_kva(p->headers, 0);
	kmem_free(p->own_table);
	kmem_free(p);
}
