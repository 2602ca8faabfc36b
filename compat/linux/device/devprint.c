// SPDX-License-Identifier: GPL-2.0-only
/* Messages about devices: "driver device: text". */
#include "../lx.h"

#include "../format.h"
#include "../runtime.h"

#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

#define LINE_MAX	512

void lx_device_say(int level, const char *who, const char *name, const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	size_t n;

	lx_vformat(line, sizeof(line), fmt, ap);
	n = strlen(line);
	if (n && line[n - 1] == '\n')
		line[n - 1] = 0;
	klog((enum klog_level)level, "%s%s%s: %s", who, *who ? " " : "", name, line);
}

static void say(int level, const struct lx_device *dev, const char *fmt, va_list ap)
{
	lx_device_say(level, dev ? lx_dev_driver_string(dev) : "", dev && dev->kobj.name ? dev->kobj.name :
		      "(NULL device *)", fmt, ap);
}

#define SAY(level)	LX_SAY(say, level, dev, fmt)

void lx__dev_emerg(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_EMERG); }
LX_EXPORT(_dev_emerg);
void lx__dev_alert(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_ALERT); }
LX_EXPORT(_dev_alert);
void lx__dev_crit(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_CRIT); }
LX_EXPORT(_dev_crit);
void lx__dev_err(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_ERR); }
LX_EXPORT(_dev_err);
void lx__dev_warn(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_WARNING); }
LX_EXPORT(_dev_warn);
void lx__dev_notice(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_NOTICE); }
LX_EXPORT(_dev_notice);
void lx__dev_info(const struct lx_device *dev, const char *fmt, ...) { SAY(KLOG_INFO); }
LX_EXPORT(_dev_info);

void lx__dev_printk(const char *level, const struct lx_device *dev, const char *fmt, ...)
{
	SAY(level && level[0] == '\1' && char_is_digit(level[1]) ? level[1] - '0' : KLOG_WARNING);
}
LX_EXPORT(_dev_printk);

/* -EPROBE_DEFER is no failure yet: it is not logged. */
#define LX_EPROBE_DEFER	517

int lx_dev_err_probe(const struct lx_device *dev, int err, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	lx_vformat(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (err != -LX_EPROBE_DEFER)
		lx__dev_err(dev, "error %d: %s", err, line);
	return err;
}
LX_EXPORT(dev_err_probe);

/* Debug messages are behind a key of the calling module, which is off: never reached. */
void lx___dynamic_pr_debug(struct lx__ddebug *d, const char *fmt, ...)
{
	const struct lx_device *dev = NULL;

	SAY(KLOG_DEBUG);
}
LX_EXPORT(__dynamic_pr_debug);

void lx___dynamic_dev_dbg(struct lx__ddebug *d, const struct lx_device *dev, const char *fmt, ...)
{
	SAY(KLOG_DEBUG);
}
LX_EXPORT(__dynamic_dev_dbg);

int lx____ratelimit(struct lx_ratelimit_state *rs, const char *fn)
{
	u64 now = lx_jiffies_to_msecs(lx_jiffies_now()), window = lx_jiffies_to_msecs((u64)rs->interval);

	if (!rs->interval)
		return 1;
	if (now - lx_jiffies_to_msecs(rs->begin) >= window) {
		rs->begin = lx_jiffies_now();
		rs->printed = 0;
	}
	if (rs->printed >= rs->burst) {
		rs->missed++;
		return 0;
	}
	rs->printed++;
	return 1;
}
LX_EXPORT(___ratelimit);
