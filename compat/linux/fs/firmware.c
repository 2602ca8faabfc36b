// SPDX-License-Identifier: GPL-2.0-only
/* Firmware of devices: files below /lib/firmware, read when a driver asks. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/vnode.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PATH_MAX_LEN	256
#define FIRMWARE_MAX	(64L << 20)

static int read_whole(struct ofile *f, struct lx_firmware *fw)
{
	loff_t size = vnode_size(f->of_vnode), pos = 0;
	ssize_t n = 1;
	u8 *data;

	if (size <= 0 || size > FIRMWARE_MAX)
		return -EINVAL;
	data = kmem_alloc_large((size_t)size, ALLOC_KERNEL);
	if (!data)
		return -ENOMEM;
	while (pos < size && n > 0)
		n = ofile_read_kernel(f, data + pos, (size_t)(size - pos), &pos);
	if (pos < size) {
		kmem_free_large(data);
		return n < 0 ? (int)n : -EIO;
	}
	fw->data = data;
	fw->size = (size_t)size;
	return 0;
}

int lx_request_firmware(const struct lx_firmware **out, const char *name, struct lx_device *dev)
{
	char path[PATH_MAX_LEN];
	struct lx_firmware *fw;
	struct ofile *f;
	int err;

	*out = NULL;
	if (!name || !*name || strstr(name, "..") ||
	    fmt_print(path, sizeof(path), "/lib/firmware/%s", name) >= PATH_MAX_LEN)
		return -EINVAL;
	f = ofile_open_kernel(path, 0, 0);
	if (IS_ERR(f)) {
		kwarn("firmware: %s: error %d", path, (int)PTR_ERR(f));
		return (int)PTR_ERR(f);
	}
	fw = kmem_zalloc(sizeof(*fw), ALLOC_KERNEL);
	err = fw ? read_whole(f, fw) : -ENOMEM;
	ofile_put(f);
	if (err) {
		kmem_free(fw);
		return err;
	}
	*out = fw;
	return 0;
}
LX_EXPORT(request_firmware);

int lx_request_firmware_direct(const struct lx_firmware **out, const char *name, struct lx_device *dev)
{
	return lx_request_firmware(out, name, dev);
}
LX_EXPORT(request_firmware_direct);

int lx_firmware_request_nowarn(const struct lx_firmware **out, const char *name, struct lx_device *dev)
{
	return lx_request_firmware(out, name, dev);
}
LX_EXPORT(firmware_request_nowarn);

void lx_release_firmware(const struct lx_firmware *fw)
{
	if (!fw)
		return;
	kmem_free_large(fw->data);
	kmem_free(fw);
}
LX_EXPORT(release_firmware);
