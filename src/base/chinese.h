/*
 * chinese.h: texts for people in Chinese, by the English that stands in the code.
 */
#ifndef PGI_CHINESE_H
#define PGI_CHINESE_H

/* A text or a format in English and what it is in Chinese, in UTF-8. */
typedef struct PgiTranslation
{
	const char *english;
	const char *chinese;
} PgiTranslation;

/* Ended by one without English. */
extern const PgiTranslation pgi_chinese[];

#endif
