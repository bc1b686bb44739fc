#pragma D attributes Stable/Stable/Common foo
#pragma ident "version"
BEGIN { "\q" }
