// See package stdlib.
package generic

var Sources []string
