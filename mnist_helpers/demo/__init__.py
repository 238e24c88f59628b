"""The network in a page to draw on: its weights in 8 bits, and the page that answers with them.

What the network says is for `network` to say; the page repeats it in a browser.
"""

from mnist_helpers.demo.page import TooLargeError, write_page
from mnist_helpers.demo.quantise import Layer, in_eight_bits, to_layers
