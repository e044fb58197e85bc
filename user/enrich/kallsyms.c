/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /proc/kallsyms in blocks of memory: sorted addresses, all names one after
 * the other, and chains of the symbols that came of one C function.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/enrich/kallsyms.h"
#include "user/enrich/kallsyms_file.h"

#define DEFAULT_PATH "/proc/kallsyms"

/* A kernel with every module has 300,000; a file that claims more is no kernel's. */
#define SYMBOLS_MAX (4u << 20)
#define MODULES_MAX 65535u
/* No function is longer: behind the last one of a module anything may follow. */
#define FUNCTION_MAX_BYTES (1u << 20)

/* Variables whose addresses are kept, x86_64's; their first letters tell them from most others. */
static const char *const data_names[] = { "page_offset_base", "vmemmap_base" };

#define DATA_NAMES	  (sizeof(data_names) / sizeof(data_names[0]))
#define is_data_first(c) ((c) == 'p' || (c) == 'v')

struct symbol {
	__u64 addr;
	__u32 name;   /* offset into names */
	__u32 next;   /* 1 + index of the next one in its chain; 0: the last */
	__u16 module; /* index into modules; 0: the kernel proper */
} __attribute__((packed, aligned(2)));

struct symbol_table {
	struct symbol *symbols; /* by address, then as listed */
	__u32 *chains;		/* 1 + index of the first symbol, by the hash of its C name */
	__u32 chain_mask;	/* one less than how many there are, a power of two */
	size_t count;
	size_t room;
	char *names;
	size_t names_size;
	size_t names_room;
	char (*modules)[MODULE_NAME_MAX];
	size_t module_count;
	bool hidden; /* a function at address 0 was listed */
	size_t sorted; /* so many are in order, from the first on */
	__u64 data[DATA_NAMES]; /* addresses; 0: not listed */
};

struct kallsyms {
	struct symbol_table table;
	char *path;
	char *modules_path;
	__u64 modules_hash;
	__u64 generation;
};

static void symbol_table__done(struct symbol_table *t)
{
	free(t->symbols);
	free(t->chains);
	free(t->names);
	free(t->modules);
}

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/*
 * __pfx_f (kernels with call padding) and __cfi_f (clang) name the padding in front of
 * f, from which nothing is ever called: half of all symbols, not worth keeping.
 */
static bool is_padding(const char *name)
{
	return strncmp(name, "__pfx_", 6) == 0 || strncmp(name, "__cfi_", 6) == 0;
}

static bool is_wanted(char type, const char *name)
{
	if (is_text(type))
		return !is_padding(name);
	return is_data_first(*name) && strchr("bBdDrR", type);
}

static void note_datum(struct symbol_table *t, const struct kallsyms_line *line)
{
	size_t i;

	for (i = 0; i < DATA_NAMES && !line->module; i++)
		if (strlen(data_names[i]) == line->name_len &&
		    memcmp(data_names[i], line->name, line->name_len) == 0)
			t->data[i] = line->addr;
}

/* Index of a module's name, added if new. Modules' symbols come one module at a time. */
static int intern_module(struct symbol_table *t, const char *name, size_t len, __u16 *ret_index)
{
	char(*grown)[MODULE_NAME_MAX];
	size_t i;

	for (i = t->module_count; i > 1; i--) {
		if (strncmp(t->modules[i - 1], name, len) == 0 && !t->modules[i - 1][len]) {
			*ret_index = (__u16)(i - 1);
			return 0;
		}
	}
	if (t->module_count == MODULES_MAX)
		return -E2BIG;
	i = t->module_count ? t->module_count : 1;
	if ((i & (i - 1)) == 0) {
		grown = reallocarray(t->modules, 2 * i, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		t->modules = grown;
	}
	memcpy(t->modules[i], name, len);
	t->modules[i][len] = '\0';
	t->module_count = i + 1;
	*ret_index = (__u16)i;
	return 0;
}

static int make_room(struct symbol_table *t, size_t name_bytes)
{
	void *grown;
	size_t room;

	if (t->count == t->room) {
		room = t->room ? t->room + t->room / 2 : 1024;
		grown = reallocarray(t->symbols, room, sizeof(*t->symbols));
		if (!grown)
			return -ENOMEM;
		t->symbols = grown;
		t->room = room;
	}
	if (t->names_size + name_bytes > t->names_room) {
		room = t->names_room ? t->names_room + t->names_room / 2 : 16384;
		grown = realloc(t->names, room);
		if (!grown)
			return -ENOMEM;
		t->names = grown;
		t->names_room = room;
	}
	return 0;
}

static int add_symbol(struct symbol_table *t, const struct kallsyms_line *line)
{
	struct symbol *s;
	__u16 module = 0;
	int err;

	if (t->count == SYMBOLS_MAX)
		return -E2BIG;
	err = make_room(t, line->name_len + 1);
	if (!err && line->module)
		err = intern_module(t, line->module, line->module_len, &module);
	if (err)
		return err;
	s = &t->symbols[t->count];
	s->addr = line->addr;
	s->name = (__u32)t->names_size;
	s->module = module;
	memcpy(t->names + t->names_size, line->name, line->name_len);
	t->names[t->names_size + line->name_len] = '\0';
	t->names_size += line->name_len + 1;
	if (t->sorted == t->count && (!t->count || s->addr >= s[-1].addr))
		t->sorted++;
	t->count++;
	return 0;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

/*
 * The kernel lists its own functions in order and those of modules and BPF
 * programs, which lie behind them, as they came: only these need sorting.
 */
static void sort_symbols(struct symbol_table *t)
{
	size_t from = t->sorted, i;
	__u64 least = ~0ULL;

	for (i = t->sorted; i < t->count; i++)
		if (t->symbols[i].addr < least)
			least = t->symbols[i].addr;
	while (from && t->symbols[from - 1].addr >= least)
		from--;
	qsort(t->symbols + from, t->count - from, sizeof(*t->symbols), compare_symbols);
}

/* Gives back what growing by halves took too much. */
static void trim(struct symbol_table *t)
{
	void *shrunk;

	shrunk = reallocarray(t->symbols, t->count, sizeof(*t->symbols));
	if (shrunk)
		t->symbols = shrunk;
	shrunk = realloc(t->names, t->names_size);
	if (shrunk)
		t->names = shrunk;
}

/* FNV-1a over the C name: no such has a dot, what follows one is the compiler's. */
static __u32 hash_name(const char *name)
{
	__u32 hash = 0x811c9dc5u;

	for (; *name && *name != '.'; name++)
		hash = (hash ^ (unsigned char)*name) * 0x01000193u;
	return hash;
}

/* Chains the symbols of one C name, in ascending order. */
static int index_names(struct symbol_table *t)
{
	size_t chains = 1024, i;

	while (chains < t->count)
		chains *= 2;
	t->chains = calloc(chains, sizeof(*t->chains));
	if (!t->chains)
		return -ENOMEM;
	t->chain_mask = (__u32)(chains - 1);
	for (i = t->count; i-- > 0;) {
		const char *name = t->names + t->symbols[i].name;
		__u32 *chain = &t->chains[hash_name(name) & t->chain_mask];

		t->symbols[i].next = *chain;
		*chain = (__u32)i + 1;
	}
	return 0;
}

static int on_line(void *ctx, const struct kallsyms_line *line)
{
	struct symbol_table *t = ctx;

	if (!is_text(line->type))
		note_datum(t, line);
	else if (!line->addr)
		t->hidden = true;
	else
		return add_symbol(t, line);
	return 0;
}

static int symbol_table__load(struct symbol_table *ret_table, const char *path)
{
	struct symbol_table t = {};
	struct kallsyms_reader reader = { .wants = is_wanted, .line = on_line, .ctx = &t };
	int err;

	err = kallsyms_file__read(path, &reader);
	if (!err && !t.count)
		err = t.hidden ? -EPERM : -ENODATA;
	if (!err) {
		if (t.sorted < t.count)
			sort_symbols(&t);
		trim(&t);
		err = index_names(&t);
	}
	if (err) {
		symbol_table__done(&t);
		return err;
	}
	*ret_table = t;
	return 0;
}

/* FNV-1a over what identifies each module: name, size and address. 0: no such file. */
static __u64 hash_modules(const char *path)
{
	__u64 hash = 0xcbf29ce484222325ull;
	char name[MODULE_NAME_MAX], size[24], addr[24], *p;
	char *line = NULL;
	size_t room = 0;
	FILE *in;

	in = fopen(path, "re");
	if (!in)
		return 0;
	while (getline(&line, &room, in) > 0) {
		/* name size refcount users state address: the third and fourth change */
		if (sscanf(line, "%63s %23s %*s %*s %*s %23s", name, size, addr) != 3)
			continue;
		for (p = name; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 0x100000001b3ull;
		for (p = size; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 0x100000001b3ull;
		for (p = addr; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 0x100000001b3ull;
	}
	free(line);
	fclose(in);
	return hash;
}

struct kallsyms *kallsyms__load(const char *path)
{
	struct kallsyms *k;
	const char *slash;
	int err;

	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->path = strdup(path ? path : DEFAULT_PATH);
	if (!k->path) {
		err = -ENOMEM;
		goto cleanup;
	}
	slash = strrchr(k->path, '/');
	if (asprintf(&k->modules_path, "%.*smodules", slash ? (int)(slash + 1 - k->path) : 0,
		     k->path) < 0) {
		k->modules_path = NULL;
		err = -ENOMEM;
		goto cleanup;
	}
	err = kallsyms__reload(k);
cleanup:
	if (err) {
		kallsyms__free(k);
		errno = -err;
		return NULL;
	}
	return k;
}

int kallsyms__reload(struct kallsyms *k)
{
	/* before reading: a module that comes while we read makes us read again */
	__u64 hash = hash_modules(k->modules_path);
	struct symbol_table fresh;
	int err;

	err = symbol_table__load(&fresh, k->path);
	if (err)
		return err;
	symbol_table__done(&k->table);
	k->table = fresh;
	k->modules_hash = hash;
	k->generation++;
	return 0;
}

__u64 kallsyms__generation(const struct kallsyms *k)
{
	return k->generation;
}

int kallsyms__reload_if_stale(struct kallsyms *k)
{
	int err;

	if (hash_modules(k->modules_path) == k->modules_hash)
		return 0;
	err = kallsyms__reload(k);
	return err ? err : 1;
}

size_t kallsyms__count(const struct kallsyms *k)
{
	return k->table.count;
}

static const char *name_of(const struct symbol_table *t, const struct symbol *s)
{
	return t->names + s->name;
}

/* First address after a symbol: the next one's, aliases passed over. */
static __u64 end_of(const struct symbol_table *t, const struct symbol *s)
{
	const struct symbol *next = s + 1, *end = t->symbols + t->count;

	while (next < end && next->addr == s->addr)
		next++;
	if (next == end || next->addr - s->addr > FUNCTION_MAX_BYTES)
		return s->addr + FUNCTION_MAX_BYTES;
	return next->addr;
}

/* Markers that the linker puts behind a section's last function. */
static bool is_end_marker(const char *name)
{
	return strcmp(name, "_etext") == 0 || strcmp(name, "_einittext") == 0;
}

static const struct symbol *find_symbol(const struct symbol_table *t, __u64 addr)
{
	size_t low = 0, high = t->count, mid;

	/* first symbol behind addr */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (t->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	low--;
	while (low && t->symbols[low - 1].addr == t->symbols[low].addr)
		low--;
	if (addr - t->symbols[low].addr >= FUNCTION_MAX_BYTES ||
	    is_end_marker(name_of(t, &t->symbols[low])))
		return NULL;
	return &t->symbols[low];
}

const char *kallsyms__find(const struct kallsyms *k, __u64 addr, __u64 *ret_offset)
{
	const struct symbol *s = find_symbol(&k->table, addr);

	if (!s)
		return NULL;
	if (ret_offset)
		*ret_offset = addr - s->addr;
	return name_of(&k->table, s);
}

const char *kallsyms__module(const struct kallsyms *k, __u64 addr)
{
	const struct symbol *s = find_symbol(&k->table, addr);

	return s && s->module ? k->table.modules[s->module] : NULL;
}

/* From a chain's link on, the first symbol that a C function of that name became; NULL: none. */
static const struct symbol *of_name(const struct symbol_table *t, __u32 link, const char *name,
				    size_t len)
{
	for (; link; link = t->symbols[link - 1].next) {
		const char *full = name_of(t, &t->symbols[link - 1]);

		if (strncmp(full, name, len) == 0 && (!full[len] || full[len] == '.'))
			return &t->symbols[link - 1];
	}
	return NULL;
}

static const struct symbol *first_of_name(const struct symbol_table *t, const char *name, size_t len)
{
	if (!len)
		return NULL;
	return of_name(t, t->chains[hash_name(name) & t->chain_mask], name, len);
}

int kallsyms__range(const struct kallsyms *k, const char *name, kallsyms_range_fn fn, void *ctx)
{
	const struct symbol_table *t = &k->table;
	size_t len = strlen(name);
	const struct symbol *s = first_of_name(t, name, len);
	int found = 0, err;

	for (; s; s = of_name(t, s->next, name, len)) {
		found++;
		err = fn ? fn(s->addr, end_of(t, s), name_of(t, s), ctx) : 0;
		if (err)
			return err;
	}
	return found;
}

size_t kallsyms__addresses(const struct kallsyms *k, const char *name, __u64 *addrs, size_t max)
{
	const struct symbol_table *t = &k->table;
	size_t len = strlen(name), found = 0;
	const struct symbol *s = first_of_name(t, name, len);

	for (; s; s = of_name(t, s->next, name, len), found++)
		if (found < max)
			addrs[found] = s->addr;
	return found;
}

__u64 kallsyms__datum(const struct kallsyms *k, const char *name)
{
	size_t i;

	for (i = 0; i < DATA_NAMES; i++)
		if (!strcmp(data_names[i], name))
			return k->table.data[i];
	return 0;
}

void kallsyms__free(struct kallsyms *k)
{
	if (!k)
		return;
	symbol_table__done(&k->table);
	free(k->path);
	free(k->modules_path);
	free(k);
}
