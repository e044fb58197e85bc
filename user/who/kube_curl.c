// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds libcurl's functions by name. Called from the main thread alone.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/who/kube_curl.h"

/* The one soname since 2006; Debian's variant with GnuTLS has the same functions. */
static const char *const libraries[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };

#define FUNCTION(name) { "curl_" #name, offsetof(struct kube_curl, name) }

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(global_init),	   FUNCTION(easy_init),		FUNCTION(easy_reset),
	FUNCTION(easy_setopt),	   FUNCTION(easy_getinfo),	FUNCTION(easy_strerror),
	FUNCTION(easy_cleanup),	   FUNCTION(slist_append),	FUNCTION(slist_free_all),
	FUNCTION(multi_init),	   FUNCTION(multi_add_handle),	FUNCTION(multi_remove_handle),
	FUNCTION(multi_perform),   FUNCTION(multi_poll),	FUNCTION(multi_wakeup),
	FUNCTION(multi_info_read), FUNCTION(multi_cleanup),
};

static bool find_functions(void *library, struct kube_curl *curl)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		/* POSIX: a function's address is a data pointer's */
		void **at = (void **)(void *)((char *)curl + functions[i].offset);

		*at = dlsym(library, functions[i].name);
		if (!*at)
			return false;
	}
	return true;
}

const struct kube_curl *kube_curl__load(void)
{
	static struct kube_curl curl;
	static bool loaded;
	void *library;
	size_t i;

	for (i = 0; !loaded && i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
		if (!library)
			continue;
		loaded = find_functions(library, &curl) && !curl.global_init(CURL_GLOBAL_DEFAULT);
		if (!loaded)
			dlclose(library);
	}
	return loaded ? &curl : NULL;
}
