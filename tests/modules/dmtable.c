// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make and remove devices of dm-mod by its ioctls.
 *
 * usage: dmtable NAME 'START SECTORS TARGET [ARGUMENTS]'...	a device with that table; prints its number
 *	  dmtable -s NAME					suspend it: what writes to it is stopped first
 *	  dmtable -r NAME					remove it
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define BUFFER	16384

static union { struct dm_ioctl head; char bytes[BUFFER]; } buf;
static int control;

static int command(unsigned long cmd, const char *name, const char *what)
{
	buf.head.version[0] = DM_VERSION_MAJOR;
	buf.head.data_size = sizeof(buf);
	buf.head.data_start = sizeof(buf.head);
	snprintf(buf.head.name, sizeof(buf.head.name), "%s", name);
	if (ioctl(control, cmd, &buf) == 0)
		return 0;
	perror(what);
	return -1;
}

/* One row of a table behind the head; where the next one goes. */
static char *row_add(char *at, const char *text)
{
	struct dm_target_spec *spec = (struct dm_target_spec *)at;
	unsigned long long start, sectors;
	int used = 0;

	memset(spec, 0, sizeof(*spec));
	if (sscanf(text, "%llu %llu %15s %n", &start, &sectors, spec->target_type, &used) < 3 || !used) {
		fprintf(stderr, "dmtable: no table: %s\n", text);
		exit(2);
	}
	spec->sector_start = start;
	spec->length = sectors;
	at = stpcpy((char *)(spec + 1), text + used) + 1;
	at = buf.bytes + ((at - buf.bytes + 7) & ~7);
	spec->next = (unsigned)(at - (char *)spec);
	return at;
}

static int create(const char *name, char **rows)
{
	char *at = (char *)(&buf.head + 1);

	if (command(DM_DEV_CREATE, name, "create"))
		return 1;
	memset(&buf, 0, sizeof(buf));
	for (; *rows; rows++, buf.head.target_count++)
		at = row_add(at, *rows);
	if (command(DM_TABLE_LOAD, name, "load"))
		return 1;
	memset(&buf, 0, sizeof(buf));
	if (command(DM_DEV_SUSPEND, name, "resume"))	/* without DM_SUSPEND_FLAG it resumes */
		return 1;
	printf("%u:%u\n", major(buf.head.dev), minor(buf.head.dev));
	return 0;
}

int main(int argc, char **argv)
{
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0 || argc < 3) {
		perror("/dev/mapper/control");
		return 2;
	}
	if (!strcmp(argv[1], "-r"))
		return command(DM_DEV_REMOVE, argv[2], "remove") != 0;
	if (!strcmp(argv[1], "-s")) {
		buf.head.flags = DM_SUSPEND_FLAG;
		return command(DM_DEV_SUSPEND, argv[2], "suspend") != 0;
	}
	return create(argv[1], argv + 2);
}
