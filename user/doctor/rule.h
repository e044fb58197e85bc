/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The doctor's rules: one table, in which a rule says which drops concern it,
 * when it fires, and what is to be done. Pure.
 */
#ifndef DROPWHY_DOCTOR_RULE_H
#define DROPWHY_DOCTOR_RULE_H

#include "user/doctor/facts.h"
#include "user/who/who.h"

enum harm {
	HARM_NOTE,		/* nobody misses anything: no trouble of the node's, but it may be the answer */
	HARM_RISK,		/* will hurt some day */
	HARM_SLOW,		/* nothing is lost, but work is wasted or delayed */
	HARM_NEAR,		/* little is missing */
	HARM_LOSS,		/* packets are being lost */
	__HARM_MAX,
};

enum confidence {
	CONFIDENCE_POSSIBLE,
	CONFIDENCE_LIKELY,
	CONFIDENCE_CERTAIN,
	__CONFIDENCE_MAX,
};

/* The drops of a run that concern one rule. */
struct tally {
	__u64 count;		/* packets */
	const char *where;	/* those that lost most: "shop/web > 10.96.0.10 (12), …"; raw; NULL */
};

#define FINDING_TEXT_LEN 768

struct finding {
	const struct rule *rule;
	enum harm harm;
	enum confidence confidence;
	__u64 lost;		/* packets, to rank by */
	char title[256];
	char evidence[FINDING_TEXT_LEN]; /* raw: names from outside are in it */
	char now[FINDING_TEXT_LEN]; /* the command or setting that helps at once; "": none */
	char lasting[FINDING_TEXT_LEN]; /* how to make it last; "": needs nothing more */
};

/* A drop, and the Service that it was sent to: NULL if to none or unknown. */
struct drop_evidence {
	const struct drop *drop;
	const struct who *service;
};

struct rule {
	const char *id;		/* "conntrack_full" */
	const char *why;	/* explanation */
	bool (*concerns)(const struct drop_evidence *e); /* NULL: no drop does */
	/* Fires: true, with all but rule filled in. */
	bool (*check)(const struct facts *f, const struct tally *tally, struct finding *finding);
};

extern const struct rule rules[];
extern const size_t rule_count;

/** @brief **harm__name()** "loss", "near", "slow", "risk", "note". */
const char *harm__name(enum harm harm);

/** @brief **confidence__name()** "certain", "likely", "possible". */
const char *confidence__name(enum confidence confidence);

/**
 * @brief **rules__apply()** asks all rules.
 * @param tallies one a rule
 * @param ret_findings room for rule_count; the worst first
 * @return how many fired
 */
size_t rules__apply(const struct facts *f, const struct tally *tallies,
		    struct finding *ret_findings);

/**
 * @brief **rules__troubles()** counts the findings that are more than notes.
 * @param findings the worst first: those before the notes
 */
size_t rules__troubles(const struct finding *findings, size_t count);

#endif
