# The warnings of all C here, in gcc and clang.
WARNINGS = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wdeclaration-after-statement \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers $(if $(WERROR),-Werror)
